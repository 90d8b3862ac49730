import Testing

@testable import Configuration

struct ConfigurationChangeTests {
  private func changes(from former: String, to current: String) throws -> [String] {
    try ConfigurationChange.all(from: load(former).configuration, to: load(current).configuration).map {
      "\($0.key): \($0.former ?? "-") -> \($0.current ?? "-")"
    }
  }

  @Test(
    "What differs is named key by key, with both values",
    arguments: [
      ("", "", []),
      ("", "log_level = \"debug\"", ["log_level: \"info\" -> \"debug\""]),
      ("region = \"us-west-2\"", "", ["region: \"us-west-2\" -> -"]),
      (
        "[limits]\nmax_connections = 5", "listen = [\"127.0.0.1:1\"]\n[limits]\nmax_connections = 6",
        ["listen: [\"127.0.0.1:2776\"] -> [\"127.0.0.1:1\"]", "limits.max_connections: 5 -> 6"]
      ),
      (
        "[instances.a]\nid = \"x\"\n[instances.b]\nid = \"y\"", "[instances.b]\nid = \"y\"\nwarm = true",
        ["instances.a.id: \"x\" -> \"\"", "instances.b.warm: false -> true"]
      ),
    ] as [(String, String, [String])])
  func differences(former: String, current: String, expected: [String]) throws {
    #expect(try changes(from: former, to: current) == expected)
  }

  @Test("A key that is declared cannot change unnoticed")
  func everyKey() throws {
    let configuration = try load().configuration
    for key in Configuration.keys where key.name != "instance_id" {
      var other = configuration
      for value in [
        .boolean(true), .integer(1030), .integer(500), .string("4m"), .string("us-east-9"), .string("/x"),
        .string("https://x.example"), .string("debug"), .string("json"), .number(7.5),
        .list([.string("127.0.0.1:9")]), .list([.string("https://x.example")]), .list([.string("x")]),
      ] as [ConfigurationValue] {
        do throws(ValueRefusal) { try key.assign(value, &other) } catch { continue }
        if other != configuration { break }
      }
      try #require(other != configuration, "\(key.name)")
      #expect(ConfigurationChange.all(from: configuration, to: other).map(\.key) == [key.name])
    }
  }
}
