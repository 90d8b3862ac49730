package import Secrets

/// The `Authorization` field of a signed request, taken apart, for its verification.
package struct SigV4Authorization: Sendable {
  package let accessKeyID: String
  package let scope: SigV4.Scope
  /// In lower case and in order.
  package let signedNames: [String]
  /// In hexadecimal.
  package let signature: String

  /// Returns `nil` if the text is not one of SigV4 with its key in a header, or names more fields than `mostNames`.
  ///
  /// Takes a time that grows with the length of the text and with nothing else.
  package init?(parsing text: String, mostNames: Int) {
    let prefix = (SigV4.algorithm + " ").utf8
    guard text.utf8.starts(with: prefix) else { return nil }
    var parts: [(name: Substring, value: Substring)] = []
    // A fourth is what follows the three that there may be.
    for part in text.utf8.dropFirst(prefix.count).split(separator: UInt8(ascii: ","), maxSplits: 3) {
      let pair = part.drop { $0 == UInt8(ascii: " ") }.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard pair.count == 2, parts.count < 3 else { return nil }
      parts.append((Substring(pair[0]), Substring(pair[1])))
    }
    func value(_ name: String) -> Substring? { parts.first { $0.name == name }?.value }
    guard let credential = value("Credential")?.parts(separatedBy: "/", atMost: 5), credential.count == 5,
      credential[4] == "aws4_request", let signature = value("Signature"),
      let names = value("SignedHeaders")?.parts(separatedBy: ";", atMost: mostNames),
      Self.areInOrder(names)
    else { return nil }
    accessKeyID = credential[0]
    scope = SigV4.Scope(day: credential[1], region: credential[2], service: credential[3])
    signedNames = names
    self.signature = String(signature)
  }

  /// Whether the names are in lower case and in order, each once.
  private static func areInOrder(_ names: [String]) -> Bool {
    zip(names, names.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      && names.allSatisfy { name in !name.utf8.contains { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 } }
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

extension Substring {
  /// Returns `nil` where there are more parts than `limit`.
  fileprivate func parts(separatedBy separator: Unicode.Scalar, atMost limit: Int) -> [String]? {
    let parts = utf8.split(
      separator: UInt8(ascii: separator), maxSplits: Swift.max(0, limit), omittingEmptySubsequences: false)
    return parts.count <= limit ? parts.map { String(Substring($0)) } : nil
  }
}
