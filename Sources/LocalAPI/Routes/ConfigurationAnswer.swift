internal import Configuration
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets

/// The answer of `GET /v1/configuration`: what the daemon runs by, and where each value came from.
enum ConfigurationAnswer {
  static func response(_ effective: EffectiveConfiguration) -> Response {
    let settings = effective.shown.map { shown -> JSONValue in
      // The TOML of strings, numbers, booleans and lists of them is JSON as well.
      let value = shown.toml.map { (try? JSONValue(parsing: $0)) ?? .string($0) } ?? .null
      return ["key": .string(shown.key), "value": value, "origin": .string(shown.origin)]
    }
    let body: JSONValue = ["version": .string(Version.text), "settings": .array(settings)]
    return Response(status: .ok, content: Content(mediaType: "application/json", bytes: Secret(body.text)))
  }
}
