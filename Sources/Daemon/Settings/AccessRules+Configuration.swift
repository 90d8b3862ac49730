internal import Configuration
internal import Glibc
internal import LocalAPI

extension AccessRules {
  /// Returns the rules of a configuration; `nil` where it has none.
  ///
  /// Throws if a user or group does not exist.
  static func rules(of configuration: Configuration) throws(StartError) -> AccessRules? {
    guard !configuration.access.isEmpty else { return nil }
    var rules: [Rule] = []
    for (index, table) in configuration.access.enumerated() {
      var rule = Rule(may: Set(table.may))
      rule.uids = try numbers(of: table.users, "access[\(index + 1)].users", "user", UserDatabase.uid)
      rule.gids = try numbers(of: table.groups, "access[\(index + 1)].groups", "group", UserDatabase.gid)
      rule.tokens = table.tokens.map { Set($0) }
      rule.instances = table.instances.map { Set($0) }
      rule.sessionNames = table.sessionNames
      rules.append(rule)
    }
    return AccessRules(rules, owner: geteuid())
  }

  private static func numbers(
    of names: [String]?, _ key: String, _ kind: String, _ number: (String) -> UInt32?
  ) throws(StartError) -> Set<UInt32>? {
    guard let names else { return nil }
    var numbers: Set<UInt32> = []
    for name in names {
      guard let number = number(name) else { throw .configuration("\(key): there is no \(kind) \(name)") }
      numbers.insert(number)
    }
    return numbers
  }
}
