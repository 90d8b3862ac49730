package import AWS
package import RefreshingCache

/// What the cache asks for tokens: a `TokenSource` whose tokens are made into what is served.
package struct FederationSource: CacheSource {
  let source: any TokenSource
  let makePayload: @Sendable (FederationToken) -> any AnyObject & Sendable

  package func fetch(_ key: TokenKey, order: FetchOrder) async throws(AWSError) -> Fetched<any AnyObject & Sendable> {
    let fetched = try await source.fetch(key) {
      if order.isUrgent { .miss } else { order.cause == .forced ? .forced : .background }
    }
    return Fetched(
      makePayload(fetched.token), expiration: fetched.token.accessTokenExpiration?.milliseconds,
      originDate: fetched.upstreamDate, requestID: fetched.requestID, sentAt: fetched.sentAt)
  }

  /// Void credentials concern all keys that are asked with the same profile.
  package static func areSiblings(_ key: TokenKey, _ other: TokenKey) -> Bool {
    key.identity.profile == other.identity.profile
  }
}

extension AWSError: CacheFailure {
  /// Reads the definite rejections out of upstream's codes.
  ///
  /// STS writes the same codes without `Exception`: `AccessDenied` for AssumeRole
  /// (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).
  package var verdict: Verdict {
    switch reason {
    case .noCredentials: .rejectsSiblings
    case .service(let status, let code) where RetryPolicy.isThrottling(status: status, code: code): .throttled
    case .service(_, let code):
      switch code.hasSuffix("Exception") ? String(code.dropLast("Exception".count)) : code {
      case "AccessDenied", "UserNotFound", "ResourceNotFound": .rejects
      case "UnrecognizedClient", "InvalidClientTokenId": .rejectsSiblings
      default: .transient
      }
    case .unreachable: .unreachable
    case .rateLimited: .notAsked
    case .badResponse, .timedOut, .noRegion, .shuttingDown: .transient
    }
  }

  /// The same error with another time after which asking again may help, in seconds.
  package func retrying(after seconds: Int) -> AWSError {
    AWSError(reason, message, advice: advice, requestID: requestID, retryAfter: seconds)
  }
}
