import Testing

@testable import Configuration

/// Makes `config/fedbroker.toml` from the declarations, so that the file cannot lag behind.
@Suite("config/fedbroker.toml")
struct ReferenceFileTests {
  private static let header = """
    # The configuration of fedbroker: /etc/fedbroker/fedbroker.toml, or the file that --config names.
    #
    # Every key is here with its default, or with an example where it has none. Paths are those of the system service.
    # A value is taken from the flag, else the environment variable, else this file, else the default.
    # `fedbroker check-config FILE` checks a file and prints what is in effect.

    """

  @Test func `lists each key with its default, its range and a sentence`() throws {
    let expected = Self.rendered.split(separator: "\n", omittingEmptySubsequences: false)
    let found = try Self.text().split(separator: "\n", omittingEmptySubsequences: false)
    for (number, (expectedLine, foundLine)) in zip(expected, found).enumerated() where expectedLine != foundLine {
      Issue.record("line \(number + 1) should be: \(expectedLine)")
    }
    #expect(expected.count == found.count, "the whole file should be:\n\(Self.rendered)")
  }

  @Test func `changes nothing as it stands`() throws {
    let environment = ["RUNTIME_DIRECTORY": "/run/fedbroker"]
    let loaded = try load(Self.text(), environment: environment)
    #expect(loaded.origins.isEmpty)
    #expect(try loaded.configuration == load(environment: environment).configuration)
  }

  @Test func `loads with every key uncommented, and nothing but the examples differs`() throws {
    let environment = ["RUNTIME_DIRECTORY": "/run/fedbroker"]
    let uncommented = try Self.text().split(separator: "\n").map {
      $0.hasPrefix("#") && !$0.hasPrefix("# ") ? $0.dropFirst() : $0
    }
    let loaded = try load(uncommented.joined(separator: "\n"), environment: environment)
    for key in defaults() {
      let setting = try #require(loaded.settings.first { $0.name == key.name })
      #expect(setting.origin == .file("FILE"), "\(key.name)")
      #expect(setting.value == key.value ?? key.example, "\(key.name)")
    }
    for key in Configuration.Instance.keys {
      #expect(loaded.origins["instances.sales.\(key.name)"] == .file("FILE"), "\(key.name)")
    }
    for key in Configuration.Token.keys {
      #expect(loaded.origins["tokens.desk.\(key.name)"] == .file("FILE"), "\(key.name)")
    }
    for key in Configuration.AccessRule.keys {
      #expect(loaded.origins["access[1].\(key.name)"] == .file("FILE"), "\(key.name)")
    }
    #expect(loaded.configuration.listen == RuntimePaths(environment: environment).listen)
    #expect(loaded.configuration.tokenFile == "/run/fedbroker/token")
  }

  private static func text() throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: try #require(try ConfigurationFile.read("/\(root)/config/fedbroker.toml")), as: UTF8.self)
  }

  private static var rendered: String {
    var text = header
    var table = ""
    for key in defaults() {
      if key.table != table {
        table = key.table
        text += "\n[\(table)]\n"
      }
      text += entry(key)
    }
    text += """

      # One table for each instance; its name is the alias that callers may ask for: 1 to 64 letters (a to z), digits,
      # hyphens and underscores, the first a letter or digit.
      #[instances.sales]

      """
    text += Configuration.Instance.keys.map(entry).joined()
    text += """

      # One table for each further bearer token, made and checked like that of token_file. Its name stands in rules and in
      # the audit log, and is the access key id of those who sign with it.
      #[tokens.desk]

      """
    text += Configuration.Token.keys.map(entry).joined()
    text += """

      # One table for each rule: what some of the admitted callers may do. A caller may do what any rule that matches gives;
      # root and the daemon's own user may do everything. Without rules, so may every admitted caller. A rule is for those
      # whom any of users, groups and tokens names; for everyone where none of these is set.
      #[[access]]

      """
    return text + Configuration.AccessRule.keys.map(entry).joined()
  }

  private static func entry(_ key: Setting) -> String {
    let expectation = key.expectation.prefix(1).uppercased() + key.expectation.dropFirst()
    let isUnset = key.example != nil && !["id", "file"].contains(key.name)
    let value = key.example ?? key.value
    var lines = ["", "# \(key.documentation)", "# \(expectation).\(isUnset ? " Not set by default." : "")"]
    if let flag = key.flagName, let variable = key.environmentName {
      lines.append("# Also \(flag) and \(variable).")
    }
    lines.append("#\(key.lastName) = \(value?.toml ?? "")")
    return lines.joined(separator: "\n") + "\n"
  }
}
