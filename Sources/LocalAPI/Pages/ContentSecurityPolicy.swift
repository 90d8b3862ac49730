internal import CCrypto

/// What a page of ours may load, run and send (W3C Content Security Policy Level 3): what it says, and nothing else.
enum ContentSecurityPolicy {
  /// Allows one style sheet and one script within the page, by their hashes, and what the further directives allow.
  static func text(style: String, script: String?, _ directives: [String]) -> String {
    let own =
      ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "style-src \(source(style))"]
      + (script.map { ["script-src \(source($0))"] } ?? [])
    return (own + directives).joined(separator: "; ")
  }

  private static func source(_ text: String) -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let bytes = Array(text.utf8)
    _ = SHA256(bytes, bytes.count, &digest)
    // Base64 and the NUL that OpenSSL adds.
    var encoded = [UInt8](repeating: 0, count: 45)
    EVP_EncodeBlock(&encoded, digest, Int32(digest.count))
    return "'sha256-\(String(decoding: encoded.dropLast(), as: UTF8.self))'"
  }
}
