package import Secrets

/// The `Authorization` field of a signed request, taken apart, for its verification.
package struct SigV4Authorization: Sendable {
  package let accessKeyID: String
  package let scope: SigV4.Scope
  /// In lower case and in order.
  package let signedNames: [String]
  /// In hexadecimal.
  package let signature: String

  /// `nil` if the text is not one of SigV4 with its key in a header.
  package init?(parsing text: String) {
    let prefix = SigV4.algorithm + " "
    guard text.hasPrefix(prefix) else { return nil }
    var parts: [Substring: Substring] = [:]
    for part in text.dropFirst(prefix.count).split(separator: ",") {
      let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, parts.updateValue(pair[1], forKey: pair[0]) == nil else { return nil }
    }
    guard let credential = parts["Credential"]?.split(separator: "/", omittingEmptySubsequences: false),
      credential.count == 5, credential[4] == "aws4_request", let signature = parts["Signature"],
      let names = parts["SignedHeaders"]?.split(separator: ";", omittingEmptySubsequences: false).map(String.init),
      names == names.map({ $0.lowercased() }), names == Set(names).sorted()
    else { return nil }
    accessKeyID = String(credential[0])
    scope = SigV4.Scope(
      day: String(credential[1]), region: String(credential[2]), service: String(credential[3]))
    signedNames = names
    self.signature = String(signature)
  }

  /// Whether the holder of the secret key signed this request at that time; compared in constant time.
  ///
  /// - Parameter timestamp: the request's `X-Amz-Date`.
  package func isSignature(of request: SigV4.Request, timestamp: String, secretAccessKey: Secret) -> Bool {
    guard timestamp.hasPrefix(scope.day) else { return false }
    let text = SigV4.stringToSign(
      timestamp: timestamp, scope: scope,
      canonicalRequest: SigV4.canonicalRequest(request, signedNames: signedNames))
    let expected = SigV4.signature(of: text, key: SigV4.signingKey(secretAccessKey, scope))
    return Secret(expected) == Secret(signature)
  }
}
