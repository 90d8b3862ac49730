internal import JSON
internal import Secrets
internal import System
internal import Timestamps

/// This program as a client of the OIDC service, which the AWS CLI and fedbroker share by a file.
///
/// Pure.
struct ClientRegistration: Sendable {
  /// How a person is asked.
  enum Grant: Sendable {
    /// Through a browser of the same machine, which comes back to a loopback address.
    case authorizationCode
    /// With a code that the person enters in any browser.
    case device
  }

  /// What the AWS CLI asks for where the session has no scopes; the device grant then asks for none.
  static let defaultScope = "sso:account:access"
  /// botocore's: a registration that ends within a quarter of an hour is made anew.
  private static let lead: Int64 = 15 * 60 * 1000

  let clientID: String
  let clientSecret: Secret
  /// As the file has it.
  let expiration: String
  let grant: Grant

  init(clientID: String, clientSecret: Secret, expiration: String, grant: Grant) {
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.expiration = expiration
    self.grant = grant
  }

  /// `nil` if the file holds no registration.
  init?(_ file: SecretJSON) {
    guard let clientID = file["clientId"]?.string, let clientSecret = file["clientSecret"]?.secretString,
      let expiration = file["expiresAt"]?.string
    else { return nil }
    // The AWS CLI wrote no grants before it knew another one than the device's.
    let grants = file.members.last { $0.name == "grantTypes" }?.text.exposed ?? ""
    self.init(
      clientID: clientID, clientSecret: clientSecret, expiration: expiration,
      grant: grants.contains("\"authorization_code\"") ? .authorizationCode : .device)
  }

  func isLive(at now: Int64) -> Bool {
    Timestamp.milliseconds(expiration).map { $0 - now >= Self.lead } ?? false
  }

  /// The AWS CLI's file: another session, region or scope makes another one.
  static func path(_ session: IdentityCenterSession, _ environment: Environment) -> String {
    func quoted(_ text: String) -> String { JSONValue.string(text).asciiText }
    let scopes = session.scopes.map { "[" + $0.map(quoted).joined(separator: ", ") + "]" } ?? "null"
    let key =
      "{\"region\": \(quoted(session.region.name)), \"scopes\": \(scopes), \"session_name\": "
      + "\(session.name.map(quoted) ?? "null"), \"startUrl\": \(quoted(session.startURL)), \"tool\": \"botocore\"}"
    return IdentityCenterCache.path(Digest.sha1Hexadecimal(of: key), environment)
  }

  /// The input of `RegisterClient`.
  ///
  /// - Parameter now: Epoch seconds: the older form of a profile has no name that a client could have.
  static func request(_ session: IdentityCenterSession, _ grant: Grant, now: Int64) -> Secret {
    var members: JSONObject = [
      "clientName": .string("botocore-client-\(session.name ?? String(now))"), "clientType": "public",
    ]
    switch grant {
    case .authorizationCode:
      members["scopes"] = .array((session.scopes ?? []).isEmpty ? [.string(defaultScope)] : session.scopeValues)
      members["redirectUris"] = [.string("http://127.0.0.1\(AuthorizationRequest.redirectPath)")]
      members["grantTypes"] = Self.codeGrants
      members["issuerUrl"] = .string(session.startURL)
    case .device:
      if session.scopes?.isEmpty == false { members["scopes"] = .array(session.scopeValues) }
    }
    return Secret(JSONValue.object(members).text)
  }

  private static let codeGrants: JSONValue = ["authorization_code", "refresh_token"]

  /// The file as the AWS CLI writes it.
  func file(_ session: IdentityCenterSession) -> Secret {
    Secret(capacity: 2048) { text in
      text.append(json: "{\"clientId\": ")
      text.appendJSON(string: clientID)
      text.append(json: ", \"clientSecret\": ")
      text.appendJSON(string: clientSecret)
      text.append(json: ", \"expiresAt\": ")
      text.appendJSON(string: expiration)
      let scopes = session.scopes ?? []
      let written = scopes.isEmpty && grant == .authorizationCode ? [Self.defaultScope] : scopes
      if !written.isEmpty {
        text.append(json: ", \"scopes\": [")
        for (index, scope) in written.enumerated() {
          if index > 0 { text.append(json: ", ") }
          text.appendJSON(string: scope)
        }
        text.append(json: "]")
      }
      if grant == .authorizationCode {
        text.append(json: ", \"grantTypes\": [\"authorization_code\", \"refresh_token\"]")
      }
      text.append(json: "}")
    }
  }
}

extension IdentityCenterSession {
  fileprivate var scopeValues: [JSONValue] { (scopes ?? []).map { .string($0) } }
}

extension JSONValue {
  /// The text as Python's `json.dumps` writes it.
  fileprivate var asciiText: String {
    var bytes: [UInt8] = []
    PythonJSONWriter(indentation: nil, escapesNonASCII: true).write(self, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
