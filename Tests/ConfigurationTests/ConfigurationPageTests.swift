import Testing

@testable import Configuration

/// Makes the table of `docs/configuration.md` from the declarations, so that the page cannot lag behind.
@Suite("docs/configuration.md")
struct ConfigurationPageTests {
  @Test func `lists each key with its flag, its default, its range and a sentence`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = try #require(try ConfigurationFile.read("/\(root)/docs/configuration.md"))
    let found = String(decoding: page, as: UTF8.self).split(separator: "\n").drop { !$0.hasPrefix("| key |") }
    for (foundLine, expectedLine) in zip(found, Self.table) where foundLine != expectedLine {
      Issue.record("a line should be: \(expectedLine)")
    }
    #expect(found.count == Self.table.count, "the whole table should be:\n\(Self.table.joined(separator: "\n"))")
  }

  private static var table: [String] {
    ["| key | default | meaning |", "| --- | --- | --- |"]
      + defaults().map { row($0, $0.name) }
      + Configuration.Instance.keys.map { row($0, "instances.ALIAS.\($0.name)") }
      + Configuration.Token.keys.map { row($0, "tokens.NAME.\($0.name)") }
      + Configuration.AccessRule.keys.map { row($0, "access.\($0.name)") }
  }

  private static func row(_ key: Setting, _ name: String) -> String {
    let flag = key.flagName.map { "<br>`\($0)`" } ?? ""
    let value = key.example == nil ? key.value.map { "`\($0.toml)`" } ?? "" : ""
    let expectation = key.expectation.prefix(1).uppercased() + key.expectation.dropFirst()
    return "| `\(name)`\(flag) | \(value) | \(key.documentation) \(expectation). |"
  }
}
