/// A configuration together with where each of its values came from.
///
/// Its description is what `fedbroker check-config` prints: TOML, with the origin behind each value. Nothing in it is
/// secret.
package struct EffectiveConfiguration: Sendable {
  package let configuration: Configuration
  /// By key or table, `instances.ALIAS` and what is in it included; a key that is not here has its default.
  let origins: [String: Origin]
  /// Whether no flag, variable or file gives the key a value.
  package func isDefault(_ key: String) -> Bool { origins[key] == nil }
  /// One line each: what is probably a mistake, but stops nothing.
  package let warnings: [String]

  enum Origin: Sendable, Equatable, CustomStringConvertible {
    case byDefault
    /// The path of the file, printable.
    case file(String)
    /// The name of the variable.
    case environment(String)
    /// The flag, with its dashes.
    case flag(String)

    var description: String {
      switch self {
      case .byDefault: "default"
      case .file(let path): "file \(path)"
      case .environment(let name): "environment \(name)"
      case .flag(let name): "flag \(name)"
      }
    }

    /// Where a person finds the value of `key`.
    func place(of key: String) -> String {
      switch self {
      case .byDefault: key
      case .file(let path): "\(path): \(key)"
      case .environment(let name): name
      case .flag(let name): name
      }
    }
  }
}

extension EffectiveConfiguration: CustomStringConvertible {
  package var description: String {
    var lines: [String] = []
    var table = ""
    for key in Configuration.keys {
      if key.table != table {
        table = key.table
        lines += ["", "[\(table)]"]
      }
      lines.append(line(key, in: configuration, path: key.name))
    }
    for instance in configuration.instances where origins["instances.\(instance.alias)"] != nil {
      lines += ["", "[instances.\(instance.alias)]"]
      for key in Configuration.Instance.keys {
        lines.append(line(key, in: instance, path: "instances.\(instance.alias).\(key.name)"))
      }
    }
    return lines.joined(separator: "\n")
  }

  private func line<Root>(_ key: ConfigurationKey<Root>, in root: Root, path: String) -> String {
    guard let value = key.value(root) else { return "# \(key.lastName) is not set" }
    return "\(key.lastName) = \(value.toml)  # \(origins[path] ?? .byDefault)"
  }
}
