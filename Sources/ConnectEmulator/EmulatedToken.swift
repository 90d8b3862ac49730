internal import JSON
internal import System

/// A made-up answer of `GetFederationToken`, as long as real ones are.
struct EmulatedToken {
  let instanceID: String
  /// The name of the Connect user, which is the session name of the credentials.
  let userName: String
  /// Numbers the tokens of one emulator: 1, 2, ….
  let serial: Int

  var accessToken: String { opaque("access") }

  /// Returns the body as AWS writes it: times in epoch seconds.
  ///
  /// - Parameters:
  ///   - issuedAt: Epoch seconds.
  ///   - pages: The origin of the emulator's pages; `nil` where it has none.
  func body(issuedAt: Double, _ script: EmulatorScript, pages: String?) -> [UInt8] {
    let value: JSONValue = [
      "Credentials": [
        "AccessToken": .string(accessToken),
        "AccessTokenExpiration": .number(Self.number(issuedAt + script.lifetime)),
        "RefreshToken": .string(opaque("refresh")),
        "RefreshTokenExpiration": .number(Self.number(issuedAt + script.refreshLifetime)),
      ],
      "SignInUrl": .string(
        (pages ?? "https://\(hostLabel).my.connect.emulated.invalid")
          + "\(EmulatedSignIn.path)?instance=\(PercentEncoding.encode(instanceID))&call=\(serial)"),
      "UserArn": .string("arn:aws:connect:us-east-1:111122223333:instance/\(printableID)/agent/\(userName)"),
      "UserId": .string(userName),
    ]
    return value.text
  }

  /// Three decimals, as AWS's JSON services write times.
  private static func number(_ seconds: Double) -> String {
    let milliseconds = Int((seconds * 1000).rounded(.down))
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    return "\(milliseconds / 1000).\(fraction)"
  }

  /// An instance id without the ARN around it.
  private var bareID: String {
    instanceID.split(separator: "/").last.map(String.init) ?? instanceID
  }

  /// The id as a part of a host name, which an id of other characters cannot be.
  private var hostLabel: String {
    let label = bareID.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return label.isEmpty ? "instance" : label
  }

  /// AWS's texts hold no control characters, which an id may: they are percent-encoded.
  private var printableID: String {
    bareID.unicodeScalars.map { scalar in
      guard scalar.value < 0x20 || scalar.value == 0x7F else { return String(scalar) }
      return "%" + String(0x100 + scalar.value, radix: 16, uppercase: true).dropFirst()
    }.joined()
  }

  /// Text that no two calls share and that says whose it is, so that a test sees a token that went astray.
  private func opaque(_ kind: String) -> String {
    let filler = String(repeating: "emulated-\(kind)-token.", count: 30)
    return "\(kind).\(userName).\(printableID).\(serial).\(filler)"
  }
}
