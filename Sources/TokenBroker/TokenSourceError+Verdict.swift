/// What a failed fetch says about the token that is cached.
enum Verdict: Sendable, Equatable {
  /// Nothing: it is served while it lives.
  case transient
  /// This key's access was taken away.
  case accessDenied
  /// The credentials themselves are gone or void, for every key that is asked with them.
  case credentialsVoid
}

extension TokenSourceError {
  /// Reads the definite rejections out of upstream's codes.
  ///
  /// STS writes the same codes without `Exception`: `AccessDenied` for AssumeRole
  /// (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).
  var verdict: Verdict {
    switch reason {
    case .noCredentials: .credentialsVoid
    case .service(_, let code):
      switch code.hasSuffix("Exception") ? String(code.dropLast("Exception".count)) : code {
      case "AccessDenied", "UserNotFound", "ResourceNotFound": .accessDenied
      case "UnrecognizedClient", "InvalidClientTokenId": .credentialsVoid
      default: .transient
      }
    case .badResponse, .timedOut, .unreachable, .noRegion, .rateLimited, .shuttingDown: .transient
    }
  }
}
