/// One key whose value differs between two configurations.
package struct ConfigurationChange: Sendable, Equatable {
  /// With its table in front: `instances.sales.region`.
  package let key: String
  /// As in the file; `nil` where it was not set.
  package let former: String?
  package let current: String?

  /// Returns all differences, in the order of the declarations, instances by alias.
  package static func all(
    from former: EffectiveConfiguration, to current: EffectiveConfiguration
  ) -> [ConfigurationChange] {
    var names: [String] = []
    for setting in former.settings + current.settings where !names.contains(setting.name) { names.append(setting.name) }
    let tables = Set(names.filter(isInNamedTable).map { $0.prefix(upTo: $0.lastIndex(of: ".")!) }).sorted()
    let ordered =
      names.filter { !isInNamedTable($0) } + tables.flatMap { table in names.filter { $0.hasPrefix("\(table).") } }
    return ordered.compactMap { name in
      let (former, current) = (former.value(of: name)?.toml, current.value(of: name)?.toml)
      return former == current ? nil : ConfigurationChange(key: name, former: former, current: current)
    }
  }

  /// Whether a key stands in a table that the file may have any number of.
  private static func isInNamedTable(_ name: String) -> Bool {
    ["instances.", "tokens.", "access["].contains { name.hasPrefix($0) }
  }
}

extension EffectiveConfiguration {
  /// Returns the value of a key; of a table that is not listed, the default.
  fileprivate func value(of name: String) -> ConfigurationValue? {
    let setting = settings.first { $0.name == name }
    let keys =
      name.hasPrefix("access[")
      ? Configuration.AccessRule.keys
      : name.hasPrefix("tokens.") ? Configuration.Token.keys : Configuration.Instance.keys
    return setting.map(\.value) ?? keys.first { $0.lastName == name.split(separator: ".").last! }?.value
  }
}
