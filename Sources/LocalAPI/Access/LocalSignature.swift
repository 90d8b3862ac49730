internal import AWS
internal import HTTPTypes
internal import LocalHTTP
internal import Secrets
internal import System
internal import Timestamps

/// Verifies requests that AWS SDKs sign with a local key pair: the access key id `fedbroker` and the local token as secret
/// key, or the name of another bearer token and that token.
///
/// A caller proves in this way that it can read the token, without sending it.
struct LocalSignature: Sendable {
  /// The largest age of a signature in seconds, and how far in the future its date may lie.
  ///
  /// Signer and verifier read the same machine's clock, so AWS's five minutes are not needed.
  private static let largestSkew: Int64 = 60

  /// A signature that one of the tokens made.
  struct Verified: Sendable, Equatable {
    /// Which of the tokens.
    let token: Int
    let signature: String
  }

  let tokens: BearerTokens
  /// Seconds since the epoch.
  let now: Int64

  /// Returns whether a request has a signature in any of AWS's forms.
  static func isClaimed(by request: Request) -> Bool {
    request.withValue("authorization") { value in
      let prefix = Array("AWS4-".utf8)
      return value.count > prefix.count && prefix.indices.allSatisfy { value[$0] == prefix[$0] }
    } ?? (request.query.map { $0.contains("X-Amz-Algorithm=") } ?? false)
  }

  /// Returns the signature, which the proof of the answer refers to.
  ///
  /// Throws AWS's own errors where the signature is not one of a local key pair. One that is, and does not count
  /// because of its date, goes with the error.
  func verify(_ request: Request) throws(Problem) -> Verified {
    guard let text = request.value("authorization") else {
      throw invalid("Presigned requests are not accepted here: sign the header.")
    }
    guard !text.hasPrefix("AWS4-ECDSA") else { throw invalid("SigV4a is not accepted here: sign with SigV4.") }
    guard let authorization = SigV4Authorization(parsing: text) else {
      throw Problem(
        .forbidden, "IncompleteSignatureException", "The Authorization header is not one of SigV4.", denial: .signature)
    }
    guard let token = tokens.index(ofAccessKey: authorization.accessKeyID), !request.contains("x-amz-security-token")
    else {
      throw Problem(
        .forbidden, "UnrecognizedClientException",
        "The security token included in the request is invalid: sign with the access key id fedbroker, the local token as"
          + " secret key, and no session token.", denial: .signature)
    }
    guard authorization.scope.service == "connect" else {
      throw invalid("Credential should be scoped to correct service: 'connect'.")
    }
    let date = try date(of: request, authorization)
    let isSigned = authorization.isSignature(
      of: signed(request), timestamp: SigV4.timestamp(date), secretAccessKey: tokens[token].secret)
    guard authorization.signedNames.contains("host"), isSigned else {
      throw invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
          + " and signing method.")
    }
    let verified = Verified(token: token, signature: authorization.signature)
    if var problem = problem(ofDate: date, tokens[token].earliestSignature) {
      problem.signature = verified
      throw problem
    }
    return verified
  }

  /// Returns the reason why a signature of that date does not count.
  ///
  /// - Parameter earliestDate: The first second whose signatures count, since the epoch; see `BearerToken`.
  private func problem(ofDate date: Int64, _ earliestDate: Int64?) -> Problem? {
    guard abs(date - now) <= Self.largestSkew else {
      return invalid(
        "Signature expired: \(SigV4.timestamp(date)) is not within \(Self.largestSkew) seconds of this machine's time.")
    }
    guard let earliestDate, date < earliestDate else { return nil }
    var problem = Problem(
      .serviceUnavailable, "SignAgain",
      "The request was signed before this daemon began to listen, when another program may have seen it: sign it again.",
      retryAfter: 1)
    problem.heldUntil = earliestDate
    return problem
  }

  /// Returns the signed date.
  private func date(of request: Request, _ authorization: SigV4Authorization) throws(Problem) -> Int64 {
    let date: Int64?
    if authorization.signedNames.contains("x-amz-date") {
      date = request.value("x-amz-date").flatMap(SigV4.date(ofTimestamp:))
    } else if authorization.signedNames.contains("date") {
      date = request.value("date").flatMap(Timestamp.httpDate).map { $0 / 1000 }
    } else {
      date = nil
    }
    guard let date else { throw invalid("X-Amz-Date or Date must be given and signed.") }
    return date
  }

  private func signed(_ request: Request) -> SigV4.Request {
    var fields: [(name: String, value: Secret)] = []
    request.forEachField { name, value in
      fields.append((name.text, Secret(capacity: value.count) { $0.append(contentsOf: value) }))
    }
    return SigV4.Request(
      method: request.method.rawValue, path: request.path, query: request.query ?? "", fields: fields,
      payloadHash: Digest.hexadecimal(of: request.body))
  }

  private func invalid(_ detail: String) -> Problem {
    Problem(.forbidden, "InvalidSignatureException", detail, denial: .signature)
  }
}

extension Span<UInt8> {
  fileprivate var text: String { String(decoding: indices.map { self[$0] }, as: UTF8.self) }
}
