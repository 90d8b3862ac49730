internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// A sign-in at the emulator's `SignInUrl`, as a browser posts it.
package struct EmulatedSignIn: Sendable, Equatable {
  /// Who would be signed in.
  package let userName: String
  package let instanceID: String
  /// Where in Amazon Connect it would end, as a path; empty where that is left to Amazon Connect.
  package let destination: String

  /// The path of `SignInUrl`.
  package static let path = "/auth/sign-in"
  /// The path that signs out.
  package static let logoutPath = "/logout"
}

extension ConnectEmulator {
  /// Returns who would be signed in now; `nil` where the posted credentials are not those that came with the address.
  ///
  /// - Parameters:
  ///   - query: That of `SignInUrl`.
  ///   - form: The body, as `application/x-www-form-urlencoded`.
  package func signIn(query: String, form: [UInt8]) -> EmulatedSignIn? {
    let address = Self.form(query)
    let posted = Self.form(String(decoding: form, as: UTF8.self))
    guard let instanceID = address["instance"], let serial = address["call"].flatMap({ Int($0) }),
      let credentials = posted["credentials"],
      let token = (try? SecretJSON(parsing: Secret(credentials)))?["AccessToken"],
      token.secretString == Secret(self.token(instanceID: instanceID, serial: serial).accessToken)
    else { return nil }
    return EmulatedSignIn(userName: userName, instanceID: instanceID, destination: posted["destination"] ?? "")
  }

  /// Returns the values of a form by their names, the first of each; what is badly encoded is left out.
  private static func form(_ text: String) -> [String: String] {
    text.split(separator: "&").reduce(into: [:]) { form, item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = decoded(parts[0]), let value = decoded(parts[1]) else { return }
      form[name] = form[name] ?? value
    }
  }

  private static func decoded(_ text: Substring) -> String? {
    try? PercentEncoding.decode(String(text).replacing("+", with: " "))
  }
}
