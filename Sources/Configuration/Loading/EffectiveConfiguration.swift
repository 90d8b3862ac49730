internal import LocalHTTP

/// A configuration together with where each of its values came from.
///
/// Its description is what `fedbroker check-config` prints: TOML, with the origin behind each value. Nothing in it is
/// secret.
package struct EffectiveConfiguration: Sendable {
  package let configuration: Configuration
  /// Each key in the order of the declarations, those of the file's instances included.
  let settings: [Setting]
  /// One line for each probable mistake that does not stop the start.
  package let warnings: [String]

  /// What no source says anything about, in an environment without directories.
  package static let defaults: EffectiveConfiguration = {
    var reader = SettingReader()
    let configuration = Configuration(&reader, RuntimePaths(environment: [:]))
    return EffectiveConfiguration(configuration: configuration, settings: reader.settings, warnings: [])
  }()

  /// Returns whether no flag, variable or file gives a key its value.
  package func isDefault(_ key: String) -> Bool {
    !settings.contains { $0.name == key && $0.origin != .byDefault }
  }

  /// Returns where a person finds the value of a key.
  ///
  /// - Parameter fallback: The key that stands for it where no source has `key`.
  package func place(of key: String, fallback: String? = nil) -> String {
    settings.place(of: settings.contains { $0.name == key } ? key : fallback ?? key)
  }

  /// Says in one line what is served, for a person.
  package var summary: String {
    let instances =
      configuration.servesAnyInstance
      ? "any instance"
      : "\(configuration.instances.count) instance\(configuration.instances.count == 1 ? "" : "s")"
        + " (\(configuration.instances.count(where: \.warm)) warm)"
    let addresses = configuration.listen.map(\.description).joined(separator: ", ")
    return "\(instances) on \(addresses)\(configuration.emulate ? ", emulated" : "")"
  }
}

extension EffectiveConfiguration: CustomStringConvertible {
  package var description: String {
    Self.toml(shown)
  }

  /// One key as people see it.
  package struct Shown: Sendable {
    /// With its table in front: `cache.max_entries`.
    package let key: String
    /// The value as TOML; `nil` where the key is not set.
    package let toml: String?
    /// For people: `file PATH`.
    package let origin: String

    package init(key: String, toml: String?, origin: String) {
      self.key = key
      self.toml = toml
      self.origin = origin
    }
  }

  /// Every key, in the order of the declarations.
  package var shown: [Shown] {
    settings.map { Shown(key: $0.name, toml: $0.value?.toml, origin: $0.origin.description) }
  }

  /// Writes keys as a TOML document with the origin behind each value.
  package static func toml(_ keys: [Shown]) -> String {
    var lines: [String] = []
    var table = ""
    for shown in keys {
      let parts = shown.key.split(separator: ".").map(String.init)
      let (prefix, name) = (parts.dropLast().joined(separator: "."), parts.last ?? shown.key)
      if prefix != table {
        table = prefix
        lines += ["", table.hasSuffix("]") ? "[[\(table.prefix { $0 != "[" })]]" : "[\(table)]"]
      }
      lines.append(shown.toml.map { "\(name) = \($0)  # \(shown.origin)" } ?? "# \(name) is not set")
    }
    return lines.joined(separator: "\n")
  }
}
