import Testing

@testable import Configuration

struct ConfigurationChangeTests {
  private func changes(from former: String, to current: String) throws -> [String] {
    try ConfigurationChange.all(from: load(former), to: load(current)).map {
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
        ["listen: [\"127.0.0.1:2776\", \"[::1]:2776\"] -> [\"127.0.0.1:1\"]", "limits.max_connections: 5 -> 6"]
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
    for key in Configuration.keys where key.name != "instance_id" {
      let values = [
        "true", "false", "1030", "500", "\"4m\"", "\"us-east-9\"", "\"/x\"", "\"https://x.example\"", "\"debug\"",
        "\"json\"", "\"forget\"", "7.5", "\"tokens\"", "\"600ms\"", "\"987654321098\"", "\"unix:/x\"",
        "[\"127.0.0.1:9\"]", "[\"https://x.example\"]", "[\"x\"]",
      ]
      // Some need others beside them.
      let bases = [
        [:], ["audit.file": "\"/y\""],
        [
          "fleet.store": "\"unix:/y\"", "fleet.account": "\"123456789012\"", "fleet.password_file": "\"/y\"",
          "fleet.key_file": "\"/y\"",
        ],
      ]
      let pairs = bases.lazy.flatMap { base in
        values.lazy.compactMap { value -> (EffectiveConfiguration, EffectiveConfiguration)? in
          guard let unchanged = try? load(Self.text(base)),
            let other = try? load(Self.text(base.merging([key.name: value]) { $1 }))
          else { return nil }
          return (unchanged, other)
        }
      }
      let (unchanged, other) = try #require(pairs.first { $0.configuration != $1.configuration }, "\(key.name)")
      #expect(ConfigurationChange.all(from: unchanged, to: other).map(\.key) == [key.name])
    }
  }

  private static func text(_ values: [String: String]) -> String {
    values.map { "\($0.key) = \($0.value)\n" }.sorted().joined()
  }

  @Test("Many instances are compared", .timeLimit(.minutes(5)))
  func many() throws {
    let former = (0..<10_000).map { "[instances.a\($0)]\nid = \"i\"\n" }.joined()
    let changes = try changes(from: former, to: former.replacing("instances.a9999", with: "instances.b"))
    #expect(changes == ["instances.a9999.id: \"i\" -> \"\"", "instances.b.id: \"\" -> \"i\""])
  }
}
