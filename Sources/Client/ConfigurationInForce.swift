internal import Configuration
internal import JSON
internal import System

/// The answer of `GET /v1/configuration` for a terminal: the form of `fedbroker check-config`.
package struct ConfigurationInForce: CustomStringConvertible, Sendable {
  package let description: String
  /// The daemon's answer as it was, for programs.
  package let json: String

  init(_ answer: JSONValue) {
    json = StatusTable.escaped(String(decoding: answer.text, as: UTF8.self)) + "\n"
    let keys = (answer["settings"]?.array ?? []).map { setting in
      let value = setting["value"] ?? .null
      return EffectiveConfiguration.Shown(
        key: (setting["key"]?.string ?? "?").masked,
        // JSON's strings, numbers and lists are TOML's, and its writer escapes control characters.
        toml: value == .null ? nil : StatusTable.escaped(String(decoding: value.text, as: UTF8.self)),
        origin: (setting["origin"]?.string ?? "?").masked)
    }
    description = EffectiveConfiguration.toml(keys) + "\n"
  }
}
