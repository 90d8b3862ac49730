internal import AWS
internal import Secrets
internal import System

/// Refuses what is not signed with the emulator's key pair, as AWS refuses it.
struct SignatureCheck {
  let keyPair: ConnectEmulator.KeyPair
  /// Epoch seconds.
  let now: Double

  /// Seconds that the clocks of signer and verifier may differ by, as at AWS.
  static let largestSkew = 300.0

  func verify(_ request: EmulatorRequest) throws(EmulatedError) {
    guard let text = request.values("authorization").first else {
      throw EmulatedError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    }
    guard let authorization = SigV4Authorization(parsing: text, mostNames: request.fields.count),
      let timestamp = request.values("x-amz-date").first, let signedAt = SigV4.date(ofTimestamp: timestamp)
    else { throw EmulatedError(403, "IncompleteSignatureException", "The Authorization header is not one of SigV4.") }
    guard authorization.accessKeyID == keyPair.accessKeyID else {
      throw EmulatedError(
        403, "UnrecognizedClientException", "The security token included in the request is invalid.")
    }
    guard authorization.scope.service == "connect" else {
      throw invalid("Credential should be scoped to correct service: 'connect'.")
    }
    guard authorization.signedNames.contains("host"), authorization.signedNames.contains("x-amz-date") else {
      throw invalid("'Host' and 'X-Amz-Date' must be signed.")
    }
    guard abs(Double(signedAt) - now) <= Self.largestSkew else {
      throw invalid("Signature expired: \(timestamp) is not within 5 minutes of now.")
    }
    let signed = SigV4.Request(
      method: request.method, path: request.path, query: request.query,
      fields: request.fields.map { (name: $0.name, value: Secret($0.value)) },
      payloadHash: Digest.hexadecimal(of: Secret(request.body)))
    let isValid = authorization.isSignature(
      of: signed, timestamp: timestamp, secretAccessKey: keyPair.secretAccessKey)
    guard isValid else {
      throw invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
          + " and signing method.")
    }
  }

  private func invalid(_ message: String) -> EmulatedError {
    EmulatedError(403, "InvalidSignatureException", message)
  }
}
