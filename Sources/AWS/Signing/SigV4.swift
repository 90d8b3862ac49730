package import Secrets
internal import System
internal import Timestamps

/// AWS Signature Version 4, in the steps of the specification, so that a signer and a verifier share them.
///
/// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. Pure: the date is
/// a parameter.
package enum SigV4 {
  package static let algorithm = "AWS4-HMAC-SHA256"

  /// A request as it goes over the wire.
  package struct Request: Sendable {
    package var method: String
    /// Percent-encoded already; the canonical request encodes it a second time, as every service but S3 wants it.
    package var path: String
    /// Without `?`, percent-encoded already.
    package var query: String
    package var fields: [(name: String, value: Secret)]
    /// SHA-256 of the body, in hexadecimal.
    package var payloadHash: String

    package init(
      method: String, path: String, query: String = "", fields: [(name: String, value: Secret)],
      payloadHash: String = Digest.ofNothing
    ) {
      self.method = method
      self.path = path
      self.query = query
      self.fields = fields
      self.payloadHash = payloadHash
    }
  }

  /// What a signing key is good for.
  package struct Scope: Hashable, Sendable {
    /// `yyyyMMdd`.
    package var day: String
    package var region: String
    package var service: String

    package init(day: String, region: String, service: String) {
      self.day = day
      self.region = region
      self.service = service
    }

    package var text: String { "\(day)/\(region)/\(service)/aws4_request" }
  }

  /// The fields that make `request` a signed one: `X-Amz-Date`, `X-Amz-Security-Token` where there is one, and
  /// `Authorization`.
  ///
  /// Each of the request's fields is signed, hence `Host` must be among them and fields that a proxy may change must
  /// not. `date` is in seconds since the epoch.
  package static func fields(
    signing request: Request, credentials: AWSCredentials, region: String, service: String, date: Int64
  ) -> [(name: String, value: Secret)] {
    let timestamp = timestamp(date)
    let scope = Scope(day: String(timestamp.prefix(8)), region: region, service: service)
    var added: [(name: String, value: Secret)] = [("X-Amz-Date", Secret(timestamp))]
    if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }
    var request = request
    request.fields += added
    let names = signedNames(of: request.fields)
    let text = stringToSign(
      timestamp: timestamp, scope: scope, canonicalRequest: canonicalRequest(request, signedNames: names))
    let signature = signature(of: text, key: signingKey(credentials.secretAccessKey, scope))
    let authorization =
      "\(algorithm) Credential=\(credentials.accessKeyID)/\(scope.text), "
      + "SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
    return added + [("Authorization", Secret(authorization))]
  }

  /// Seconds since the epoch as `yyyyMMdd'T'HHmmss'Z'`.
  package static func timestamp(_ date: Int64) -> String {
    func digits(_ value: Int, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let days = CalendarDate.floorDivide(Int(date), 86_400)
    let second = Int(date) - days * 86_400
    let calendar = CalendarDate(daysSinceEpoch: days)
    return digits(calendar.year, 4) + digits(calendar.month, 2) + digits(calendar.day, 2) + "T"
      + digits(second / 3600, 2) + digits(second / 60 % 60, 2) + digits(second % 60, 2) + "Z"
  }

  package static func stringToSign(timestamp: String, scope: Scope, canonicalRequest: Secret) -> String {
    "\(algorithm)\n\(timestamp)\n\(scope.text)\n\(Digest.hexadecimal(of: canonicalRequest))"
  }

  package static func signingKey(_ secretAccessKey: Secret, _ scope: Scope) -> Secret {
    let seed = Secret(capacity: secretAccessKey.count + 4) { seed in
      seed.append("AWS4")
      seed.append(secretAccessKey)
    }
    return [scope.day, scope.region, scope.service, "aws4_request"].reduce(seed) { key, text in
      Digest.authenticationCode(of: text, key: key)
    }
  }

  /// In hexadecimal.
  package static func signature(of stringToSign: String, key: Secret) -> String {
    Digest.authenticationCode(of: stringToSign, key: key).withBytes { code in
      Hexadecimal.encode(code.indices.map { code[$0] })
    }
  }
}
