internal import CCrypto

extension Digest {
  /// The SHA-1 in hexadecimal (FIPS 180-4).
  ///
  /// It names files of the AWS CLI, and protects nothing.
  static func sha1Hexadecimal(of text: String) -> String {
    let bytes = Array(text.utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    _ = SHA1(bytes, bytes.count, &digest)
    return hexadecimal(digest)
  }
}
