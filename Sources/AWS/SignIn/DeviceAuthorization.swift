internal import JSON
package import Secrets
internal import Timestamps

/// A sign-in with a code that the person enters in a browser, of this machine or of another one (RFC 8628).
package struct DeviceAuthorization: Sendable {
  /// What the person enters.
  package let userCode: String
  /// Where.
  package let url: String
  /// The same with the code in it; secret, since whoever has it can enter the code for another person.
  package let completeURL: Secret
  let deviceCode: Secret
  let registration: ClientRegistration
  /// Epoch milliseconds.
  let end: Int64
  /// Milliseconds between two questions.
  let interval: Int64

  /// RFC 8628 §3.2, §3.5.
  static let slowDown: Int64 = 5000

  /// The answer of `StartDeviceAuthorization`; `nil` where it is not complete.
  init?(_ answer: SecretJSON, _ registration: ClientRegistration, now: Int64) {
    guard let deviceCode = answer["deviceCode"]?.secretString, let userCode = answer["userCode"]?.string,
      let url = answer["verificationUri"]?.string, let completeURL = answer["verificationUriComplete"]?.secretString,
      let lifetime = answer["expiresIn"]?.number.flatMap(Timestamp.epochSeconds), lifetime > 0
    else { return nil }
    self.userCode = userCode
    self.url = url
    self.completeURL = completeURL
    self.deviceCode = deviceCode
    self.registration = registration
    end = now + lifetime
    let asked = answer["interval"]?.number.flatMap(Timestamp.epochSeconds) ?? 5000
    interval = min(max(asked, 1000), 60_000)
  }
}
