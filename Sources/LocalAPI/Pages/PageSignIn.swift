internal import FederationBroker
internal import Secrets

/// A sign-in from the lasting page: whose browser signs in, to which instance, as whom.
struct PageSignIn: Sendable, Equatable {
  /// The user of this machine whose browser shows the page.
  let uid: UInt32
  /// The name of the instance in the address.
  let instance: String
  let key: TokenKey
}

/// What the lasting page posts back, as `application/x-www-form-urlencoded` (WHATWG URL standard §5).
struct SignInForm: Equatable {
  /// The code of the page: a person has clicked.
  var code: Secret?
  /// The key that the browser keeps for the shift.
  var key: Secret?
  /// Whether the browser is to keep the page's key.
  var remembers = false

  /// Codes and keys have no character that the format encodes, so that nothing needs to be decoded.
  init(_ body: [UInt8]) {
    for item in body.split(separator: UInt8(ascii: "&")) {
      let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[1].isEmpty else { continue }
      let value = Secret(capacity: parts[1].count) { secret in
        for byte in parts[1] { secret.append(byte) }
      }
      switch String(decoding: parts[0], as: UTF8.self) {
      case "code": code = value
      case "key": key = value
      case "remember": remembers = true
      default: continue
      }
    }
  }
}
