package import Clocks
package import Secrets

/// The answer of `GetFederationToken`.
///
/// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetFederationToken.html. Upstream may leave
/// out any member but `accessToken`.
package struct FederationToken: Sendable, Equatable {
  package var accessToken: Secret
  package var accessTokenExpiration: Expiration?
  package var refreshToken: Secret?
  package var refreshTokenExpiration: Expiration?
  package var signInURL: Secret?
  package var userARN: String?
  package var userID: String?

  /// A point in time as upstream wrote it.
  package struct Expiration: Sendable, Equatable {
    /// The number's own text on the wire: epoch seconds, possibly fractional or with an exponent.
    package let wireText: String
    /// Epoch milliseconds, rounded down.
    package let milliseconds: Int64

    package init(wireText: String, milliseconds: Int64) {
      self.wireText = wireText
      self.milliseconds = milliseconds
    }
  }

  package init(
    accessToken: Secret, accessTokenExpiration: Expiration? = nil, refreshToken: Secret? = nil,
    refreshTokenExpiration: Expiration? = nil, signInURL: Secret? = nil, userARN: String? = nil,
    userID: String? = nil
  ) {
    self.accessToken = accessToken
    self.accessTokenExpiration = accessTokenExpiration
    self.refreshToken = refreshToken
    self.refreshTokenExpiration = refreshTokenExpiration
    self.signInURL = signInURL
    self.userARN = userARN
    self.userID = userID
  }
}

/// A new token, with what its answer says of time.
package struct FetchedToken: Sendable {
  package let token: FederationToken
  /// AWS's clock when it answered, epoch milliseconds; `nil` where it is not known.
  package let upstreamDate: Milliseconds?
  /// `x-amzn-RequestId`.
  package let requestID: String?
  /// A moment before the request left that brought it; `nil` stands for the start of the fetch.
  package var sentAt: Moment?

  package init(token: FederationToken, upstreamDate: Milliseconds?, requestID: String?, sentAt: Moment? = nil) {
    self.token = token
    self.upstreamDate = upstreamDate
    self.requestID = requestID
    self.sentAt = sentAt
  }
}
