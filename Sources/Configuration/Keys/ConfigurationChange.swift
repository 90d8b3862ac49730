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
    let formerValues = former.values
    let currentValues = current.values
    var seen: Set<String> = []
    let names = (former.settings + current.settings).map(\.name).filter { seen.insert($0).inserted }
    let tables = Dictionary(grouping: names.filter(isInNamedTable)) { $0.prefix(upTo: $0.lastIndex(of: ".")!) }
    let ordered =
      names.filter { !isInNamedTable($0) } + tables.keys.sorted().flatMap { tables[$0] ?? [] }
    return ordered.compactMap { name in
      let former = (formerValues[name] ?? fallback(of: name))?.toml
      let current = (currentValues[name] ?? fallback(of: name))?.toml
      return former == current ? nil : ConfigurationChange(key: name, former: former, current: current)
    }
  }

  /// Returns the default of a key of a table that is not listed.
  private static func fallback(of name: String) -> ConfigurationValue? {
    let keys =
      name.hasPrefix("access[")
      ? Configuration.AccessRule.keys
      : name.hasPrefix("tokens.") ? Configuration.Token.keys : Configuration.Instance.keys
    return keys.first { $0.lastName == name.split(separator: ".").last! }?.value
  }

  /// Whether a key stands in a table that the file may have any number of.
  private static func isInNamedTable(_ name: String) -> Bool {
    ["instances.", "tokens.", "access["].contains { name.hasPrefix($0) }
  }
}

extension EffectiveConfiguration {
  /// The values of the keys, by their names; `nil` where a key is unset.
  fileprivate var values: [String: ConfigurationValue?] {
    Dictionary(settings.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
