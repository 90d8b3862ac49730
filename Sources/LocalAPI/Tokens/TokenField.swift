internal import AWS
internal import Secrets
internal import Telemetry
internal import Timestamps

/// One field of a token, by its path in the JSON answer.
enum TokenField: String, Sendable, CaseIterable {
  case accessToken = "Credentials.AccessToken"
  case accessTokenExpiration = "Credentials.AccessTokenExpiration"
  case refreshToken = "Credentials.RefreshToken"
  case refreshTokenExpiration = "Credentials.RefreshTokenExpiration"
  case signInURL = "SignInUrl"
  case userARN = "UserArn"
  case userID = "UserId"

  /// The fields inside `Credentials`, in the order of AWS's model, and the fields beside it.
  static let credentials: [TokenField] = [.accessToken, .accessTokenExpiration, .refreshToken, .refreshTokenExpiration]
  static let others: [TokenField] = [.signInURL, .userARN, .userID]

  /// The name of the JSON member.
  var memberName: String {
    rawValue.split(separator: ".").last.map(String.init) ?? rawValue
  }

  /// Returns the field's value, where upstream sent one.
  func value(in token: FederationToken) -> Secret? {
    switch self {
    case .accessToken: token.accessToken
    case .accessTokenExpiration: token.accessTokenExpiration.map { Secret($0.rfc3339) }
    case .refreshToken: token.refreshToken
    case .refreshTokenExpiration: token.refreshTokenExpiration.map { Secret($0.rfc3339) }
    case .signInURL: token.signInURL
    case .userARN: token.userARN.map { Secret($0) }
    case .userID: token.userID.map { Secret($0) }
    }
  }
}

extension TokenField {
  /// Returns the number that AWS sent for a time; `nil` for fields that are not times.
  func wireNumber(in token: FederationToken) -> String? {
    switch self {
    case .accessTokenExpiration: token.accessTokenExpiration?.wireText
    case .refreshTokenExpiration: token.refreshTokenExpiration?.wireText
    case .accessToken, .refreshToken, .signInURL, .userARN, .userID: nil
    }
  }
}

extension FederationToken.Expiration {
  /// The time in whole seconds, rounded down, such as `2026-11-24T16:00:00Z`.
  var rfc3339: String {
    Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(milliseconds))
  }
}
