/// The flags of `fedbroker serve` as they were typed, by the names of their keys, which check them.
package struct FlagOverrides: Sendable {
  /// The file that `--config` names.
  package var config: String?
  private var values: [String: ConfigurationValue] = [:]

  package init() {}

  /// What was typed; `nil` where the flag was not given.
  subscript(key: String) -> ConfigurationValue? { values[key] }

  /// Sets a flag with one value; `nil` for one that was not given.
  package mutating func set(_ key: String, to text: String?) {
    values[key] = text.map { .raw($0) }
  }

  /// Sets a flag that may be repeated; empty for one that was not given.
  package mutating func set(_ key: String, to texts: [String]) {
    values[key] = texts.isEmpty ? nil : .list(texts.map { .raw($0) })
  }

  /// Sets a flag without a value.
  package mutating func set(_ key: String, to isPresent: Bool) {
    values[key] = isPresent ? .boolean(true) : nil
  }
}
