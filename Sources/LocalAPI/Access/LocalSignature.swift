internal import AWS
internal import HTTPTypes
internal import LocalHTTP
internal import Secrets
internal import System
internal import Timestamps

/// Verifies requests that AWS SDKs sign with a local key pair: the access key id `fedbroker` and the local token as secret
/// key, or the name of another bearer token and that token.
///
/// A caller proves in this way that it can read the token, without sending it. Anyone can claim to, so that each step has
/// a bound that does not depend on two sizes at once.
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

  /// Bytes of the field, of the path and of the query: many times what any SDK sends for an operation that is served.
  private static let longestAuthorization = 4096
  private static let longestPath = 1024
  private static let longestQuery = 4096

  private let tokens: BearerTokens
  /// Which of them it is claimed to be made with.
  private let token: Int
  private let authorization: SigV4Authorization
  /// Seconds since the epoch.
  private let date: Int64

  /// Returns whether a request has a signature in any of AWS's forms.
  static func isClaimed(by request: Request) -> Bool {
    request.withValue("authorization") { value in
      let prefix: StaticString = "AWS4-"
      guard value.count > prefix.utf8CodeUnitCount else { return false }
      for index in 0..<prefix.utf8CodeUnitCount where value[index] != prefix.utf8Start[index] { return false }
      return true
    } ?? request.queryContains("X-Amz-Algorithm=")
  }

  /// Returns the service that a signature in any of AWS's forms is for; `nil` without one.
  static func claimedService(of request: Request) -> String? {
    if let text = request.value("authorization"), text.utf8.starts(with: "AWS4-".utf8) {
      guard text.utf8.count <= longestAuthorization else { return nil }
      // SigV4a has no region in its scope.
      let scope = text.firstRange(of: "Credential=").map { text[$0.upperBound...].prefix { $0 != "," && $0 != " " } }
      return scope?.split(separator: "/").dropLast().last.map(String.init)
    }
    guard request.query.map({ $0.utf8.count <= longestQuery }) ?? false, let items = try? request.queryItems() else {
      return nil
    }
    return items.first { $0.name == "X-Amz-Credential" }?.value.split(separator: "/").dropLast().last.map(String.init)
  }

  /// Checks all of a signature that does not depend on the key, the body and the time.
  ///
  /// Throws AWS's own errors.
  init(of request: Request, _ tokens: BearerTokens) throws(Problem) {
    guard let text = request.value("authorization") else {
      throw .invalidSignature("Presigned requests are not accepted here: sign the header.")
    }
    guard !text.utf8.starts(with: "AWS4-ECDSA".utf8) else {
      throw .invalidSignature("SigV4a is not accepted here: sign with SigV4.")
    }
    // A signature names at most as many fields as there are.
    guard text.utf8.count <= Self.longestAuthorization,
      let authorization = SigV4Authorization(parsing: text, mostNames: request.fieldCount)
    else {
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
      throw .invalidSignature("Credential should be scoped to correct service: 'connect'.")
    }
    let query = (request.query ?? "").utf8
    guard request.path.utf8.count <= Self.longestPath, query.count <= Self.longestQuery,
      query.count(where: { $0 == UInt8(ascii: "&") }) < Request.mostItems
    else { throw .invalidSignature("A signed request with so long a target is not accepted here.") }
    self.tokens = tokens
    self.token = token
    self.authorization = authorization
    date = try Self.date(of: request, authorization)
  }

  /// Returns the signature, which the proof of the answer refers to.
  ///
  /// Throws AWS's own errors where the signature is not one of the local key pair. One that is, and does not count
  /// because of its date, goes with the error.
  ///
  /// - Parameter now: Seconds since the epoch.
  func verify(_ request: Request, now: Int64) throws(Problem) -> Verified {
    let isSigned = authorization.isSignature(
      of: signed(request), timestamp: SigV4.timestamp(date), secretAccessKey: tokens[token].secret)
    guard authorization.signedNames.contains("host"), isSigned else {
      throw .invalidSignature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
          + " and signing method.")
    }
    let verified = Verified(token: token, signature: authorization.signature)
    if var problem = problem(now: now) {
      problem.signature = verified
      throw problem
    }
    return verified
  }

  /// Returns the reason why a signature of that date does not count.
  private func problem(now: Int64) -> Problem? {
    guard abs(date - now) <= Self.largestSkew else {
      return .invalidSignature(
        "Signature expired: \(SigV4.timestamp(date)) is not within \(Self.largestSkew) seconds of this machine's time.")
    }
    guard let earliestDate = tokens[token].earliestSignature, date < earliestDate else { return nil }
    var problem = Problem(
      .serviceUnavailable, "SignAgain",
      "The request was signed before this daemon began to listen, when another program may have seen it: sign it again.",
      retryAfter: 1)
    problem.heldUntil = earliestDate
    return problem
  }

  /// Returns the signed date.
  private static func date(of request: Request, _ authorization: SigV4Authorization) throws(Problem) -> Int64 {
    // A date in any form is shorter than 64 bytes.
    func short(_ name: FieldName) -> String? {
      request.withValue(name) { $0.count < 64 } == true ? request.value(name) : nil
    }
    let date: Int64?
    if authorization.signedNames.contains("x-amz-date") {
      date = short("x-amz-date").flatMap(SigV4.date(ofTimestamp:))
    } else if authorization.signedNames.contains("date") {
      date = short("date").flatMap(Timestamp.httpDate).map { $0 / 1000 }
    } else {
      date = nil
    }
    guard let date else { throw .invalidSignature("X-Amz-Date or Date must be given and signed.") }
    return date
  }

  private func signed(_ request: Request) -> SigV4.Request {
    var fields: [(name: String, value: Secret)] = []
    request.forEachField { name, value in
      fields.append((name.text, Secret(capacity: value.count) { $0.append(contentsOf: value) }))
    }
    return SigV4.Request(
      method: request.method.rawValue, path: request.path, query: request.query ?? "", fields: fields,
      payloadHash: request.bodyDigest ?? Digest.hexadecimal(of: request.body))
  }
}

extension Problem {
  fileprivate static func invalidSignature(_ detail: String) -> Problem {
    Problem(.forbidden, "InvalidSignatureException", detail, denial: .signature)
  }
}

extension Span<UInt8> {
  fileprivate var text: String {
    String(unsafeUninitializedCapacity: count) { buffer in
      for index in indices { buffer[index] = self[index] }
      return count
    }
  }
}
