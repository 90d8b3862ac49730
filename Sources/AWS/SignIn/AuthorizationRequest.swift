package import Secrets
internal import System

/// A sign-in through a browser of this machine, which comes back to a loopback address with a code (RFC 6749 §4.1, RFC 7636,
/// RFC 8252 §7.3).
package struct AuthorizationRequest: Sendable {
  /// The path of the loopback address, which the OIDC service knows, as it does not know the port.
  package static let redirectPath = "/oauth/callback"

  /// What the browser brings back.
  package enum Answer: Sendable, Equatable {
    case code(Secret)
    /// The service's word for why there is none, as it is.
    case refused(String)
    /// Not of this request: somebody else sent it, or it belongs to an older one.
    case foreign
  }

  /// Where the person signs in.
  package let url: Secret
  let redirectURI: String
  let verifier: Secret
  let registration: ClientRegistration
  private let state: Secret

  /// - Parameters:
  ///   - endpoint: The OIDC service, without a path.
  ///   - port: Of the loopback address that waits for the browser.
  init(_ registration: ClientRegistration, scopes: [String]?, endpoint: String, port: Int) {
    // 64 characters, as the AWS CLI has; RFC 7636 §4.1 allows 43 to 128.
    let verifier = Base64.url.encode(RandomBytes.secret(count: 48))
    let state = Base64.url.encode(RandomBytes.secret(count: 24))
    let redirectURI = "http://127.0.0.1:\(port)\(Self.redirectPath)"
    let challenge = verifier.withBytes { bytes in Digest.sha256(bytes.indices.map { bytes[$0] }) }
    let scope = (scopes ?? []).isEmpty ? ClientRegistration.defaultScope : (scopes ?? []).joined(separator: " ")
    let parameters = [
      ("response_type", "code"), ("client_id", registration.clientID), ("redirect_uri", redirectURI),
      ("state", state.exposed), ("code_challenge_method", "S256"), ("scopes", scope),
      ("code_challenge", Base64.url.encode(challenge)),
    ]
    url = Secret(
      "\(endpoint)/authorize?"
        + parameters.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&"))
    self.redirectURI = redirectURI
    self.verifier = verifier
    self.registration = registration
    self.state = state
  }

  /// Reads what came to the loopback address, whoever sent it.
  package func answer(_ query: [(name: String, value: String)]) -> Answer {
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    guard let given = value("state"), Secret(given) == state else { return .foreign }
    if let code = value("code"), !code.isEmpty { return .code(Secret(code)) }
    return .refused(value("error") ?? "no code")
  }
}
