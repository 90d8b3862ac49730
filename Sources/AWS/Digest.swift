internal import CCrypto
package import Secrets

/// SHA-256 and what is built on it (FIPS 180-4, RFC 2104).
package enum Digest {
  package static let byteCount = 32
  /// The SHA-256 of no bytes, in hexadecimal: the payload hash of a request without a body.
  package static let ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  /// The SHA-256 in hexadecimal.
  package static func hexadecimal(of bytes: Secret) -> String {
    var digest = [UInt8](repeating: 0, count: byteCount)
    bytes.withUnsafeBytes { bytes in
      _ = SHA256(bytes.baseAddress, bytes.count, &digest)
    }
    return hexadecimal(digest)
  }

  package static func hexadecimal(of bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: byteCount)
    _ = SHA256(bytes, bytes.count, &digest)
    return hexadecimal(digest)
  }

  static func authenticationCode(of text: String, key: Secret) -> Secret {
    Secret(capacity: byteCount) { builder in
      builder.append(capacity: byteCount) { code in
        key.withUnsafeBytes { key in
          let text = Array(text.utf8)
          _ = HMAC(
            EVP_sha256(), key.baseAddress, Int32(key.count), text, text.count,
            code.bindMemory(to: UInt8.self).baseAddress, nil)
        }
        return byteCount
      }
    }
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] }, as: UTF8.self)
  }
}
