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
    let instances = names.filter { $0.hasPrefix("instances.") }
    let aliases = Set(instances.map { $0.split(separator: ".")[1] }).sorted()
    let ordered =
      names.filter { !$0.hasPrefix("instances.") }
      + aliases.flatMap { alias in instances.filter { $0.hasPrefix("instances.\(alias).") } }
    return ordered.compactMap { name in
      let (former, current) = (former.value(of: name)?.toml, current.value(of: name)?.toml)
      return former == current ? nil : ConfigurationChange(key: name, former: former, current: current)
    }
  }
}

extension EffectiveConfiguration {
  /// Returns the value of a key; of an instance that is not listed, the default.
  fileprivate func value(of name: String) -> ConfigurationValue? {
    let setting = settings.first { $0.name == name }
    return setting.map(\.value)
      ?? Configuration.Instance.keys.first { $0.lastName == name.split(separator: ".").last! }?
      .value
  }
}
