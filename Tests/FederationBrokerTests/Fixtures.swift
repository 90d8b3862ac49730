import AWS
import Clocks
import FederationBroker
import RefreshingCache
import Secrets

/// What these tests serve: the token's own access token, and nothing else.
final class Served: Sendable {
  let accessToken: Secret

  init(_ token: FederationToken) {
    accessToken = token.accessToken
  }
}

let start = Moment(wall: 1_795_478_400_000, boot: 600_000)

extension Jitter {
  /// No token's lead is shortened, and no failure is followed by a pause.
  static let least = Jitter { _ in 0 }
}

extension TokenKey {
  static func instance(_ name: String, profile: String? = nil) -> TokenKey {
    TokenKey(instanceID: name, region: "us-west-2", identity: Identity(profile: profile))
  }
}

extension AWSError {
  static let unreachable = AWSError(.unreachable, "No route to Connect.")
  static let denied = service(403, "AccessDeniedException")

  static func service(_ status: Int, _ code: String) -> AWSError {
    AWSError(.service(status: status, code: code), "Connect says no.", requestID: "request-1")
  }
}

extension FetchedToken {
  /// A token with so many seconds to live at `now`, without a `Date`.
  static func living(_ seconds: Double, at now: Moment, text: String = "token") -> FetchedToken {
    let milliseconds = now.wall + Int64(seconds * 1000)
    return FetchedToken(
      token: FederationToken(
        accessToken: Secret(text),
        accessTokenExpiration: FederationToken.Expiration(
          wireText: "\(Double(milliseconds) / 1000)", milliseconds: milliseconds)),
      upstreamDate: nil, requestID: "request-1")
  }
}
