internal import AWS
internal import Configuration
internal import HTTPTypes
internal import LocalHTTP
internal import Secrets
internal import System
internal import Timestamps

/// Verifies requests that AWS SDKs sign with the local key pair: the access key id `fedbroker`, and the local token as
/// secret key.
///
/// A caller proves in this way that it can read the token, without sending it.
struct LocalSignature: Sendable {
  /// The largest difference between the clocks of signer and verifier, in seconds; the same as AWS's.
  private static let largestSkew: Int64 = 300

  let token: Secret
  /// Seconds since the epoch.
  let now: Int64

  /// Returns whether a request has a signature in any of AWS's forms.
  static func isClaimed(by request: Request) -> Bool {
    request.withValue("authorization") { value in
      let prefix = Array("AWS4-".utf8)
      return value.count > prefix.count && prefix.indices.allSatisfy { value[$0] == prefix[$0] }
    } ?? (request.query.map { $0.contains("X-Amz-Algorithm=") } ?? false)
  }

  /// Throws AWS's own errors where the signature is not one of the local key pair.
  func verify(_ request: Request) throws(Problem) {
    guard let text = request.value("authorization") else {
      throw invalid("Presigned requests are not accepted here: sign the header.")
    }
    guard !text.hasPrefix("AWS4-ECDSA") else { throw invalid("SigV4a is not accepted here: sign with SigV4.") }
    guard let authorization = SigV4Authorization(parsing: text) else {
      throw Problem(.forbidden, "IncompleteSignatureException", "The Authorization header is not one of SigV4.")
    }
    guard authorization.accessKeyID == LocalAccessKey.id, !request.contains("x-amz-security-token") else {
      throw Problem(
        .forbidden, "UnrecognizedClientException",
        "The security token included in the request is invalid: sign with the access key id fedbroker, the local token as"
          + " secret key, and no session token.")
    }
    guard authorization.scope.service == "connect" else {
      throw invalid("Credential should be scoped to correct service: 'connect'.")
    }
    let timestamp = try timestamp(of: request, authorization)
    let isSigned = authorization.isSignature(of: signed(request), timestamp: timestamp, secretAccessKey: token)
    guard authorization.signedNames.contains("host"), isSigned else {
      throw invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
          + " and signing method.")
    }
  }

  /// Returns the signed date, which must be within `largestSkew` of now.
  private func timestamp(of request: Request, _ authorization: SigV4Authorization) throws(Problem) -> String {
    let date: Int64?
    if authorization.signedNames.contains("x-amz-date") {
      date = request.value("x-amz-date").flatMap(SigV4.date(ofTimestamp:))
    } else if authorization.signedNames.contains("date") {
      date = request.value("date").flatMap(Timestamp.httpDate).map { $0 / 1000 }
    } else {
      date = nil
    }
    guard let date else { throw invalid("X-Amz-Date or Date must be given and signed.") }
    let timestamp = SigV4.timestamp(date)
    guard abs(date - now) <= Self.largestSkew else {
      throw invalid("Signature expired: \(timestamp) is not within 5 minutes of this machine's time.")
    }
    return timestamp
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
    Problem(.forbidden, "InvalidSignatureException", detail)
  }
}

extension Span<UInt8> {
  fileprivate var text: String { String(decoding: indices.map { self[$0] }, as: UTF8.self) }
}
