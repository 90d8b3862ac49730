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

  /// Returns whether no flag, variable or file gives a key its value.
  package func isDefault(_ key: String) -> Bool {
    !settings.contains { $0.name == key && $0.origin != .byDefault }
  }
}

extension EffectiveConfiguration: CustomStringConvertible {
  package var description: String {
    var lines: [String] = []
    var table = ""
    for setting in settings {
      if setting.table != table {
        table = setting.table
        lines += ["", setting.header]
      }
      let value = setting.value.map { "\(setting.lastName) = \($0.toml)  # \(setting.origin)" }
      lines.append(value ?? "# \(setting.lastName) is not set")
    }
    return lines.joined(separator: "\n")
  }
}
