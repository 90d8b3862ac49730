/// What loading learns beside the values: where each came from, and what is wrong.
struct ConfigurationFindings: Sendable {
  typealias Origin = EffectiveConfiguration.Origin

  /// As in `EffectiveConfiguration`.
  var origins: [String: Origin] = [:]
  var problems: [String] = []

  /// Gives a key its value, or notes why the key does not take it.
  mutating func assign<Root>(
    _ value: ConfigurationValue, to key: ConfigurationKey<Root>, of root: inout Root, path: String, from origin: Origin
  ) {
    do throws(ValueRefusal) {
      try key.assign(value, &root)
      origins[path] = origin
    } catch {
      problems.append("\(origin.place(of: path)) = \(error.value.excerpt): \(error.reason)")
    }
  }

  /// Where a person finds the value of `key`.
  func place(of key: String) -> String {
    (origins[key] ?? .byDefault).place(of: key)
  }
}
