/// One key whose value differs between two configurations.
package struct ConfigurationChange: Sendable, Equatable {
  /// With its table in front: `instances.sales.region`.
  package let key: String
  /// As in the file; `nil` where it was not set.
  package let former: String?
  package let current: String?

  /// All differences, in the order of the declarations, instances by alias.
  package static func all(from former: Configuration, to current: Configuration) -> [ConfigurationChange] {
    let aliases = Set((former.instances + current.instances).map(\.alias)).sorted()
    return differences(Configuration.keys, former, current)
      + aliases.flatMap { alias in
        differences(
          Configuration.Instance.keys, former.instance(alias), current.instance(alias), prefix: "instances.\(alias).")
      }
  }

  private static func differences<Root>(
    _ keys: [ConfigurationKey<Root>], _ former: Root, _ current: Root, prefix: String = ""
  ) -> [ConfigurationChange] {
    keys.compactMap { key in
      let values = [former, current].map { key.value($0)?.toml }
      guard values[0] != values[1] else { return nil }
      return ConfigurationChange(key: prefix + key.name, former: values[0], current: values[1])
    }
  }
}

extension Configuration {
  /// One that is not listed has no id, and the defaults otherwise.
  fileprivate func instance(_ alias: String) -> Instance {
    instances.first { $0.alias == alias } ?? Instance(alias: alias)
  }
}
