internal import CCrypto
package import Secrets

/// SHA-256 and what is built on it (FIPS 180-4, RFC 2104).
package enum Digest {
  package static let byteCount = 32
  /// The SHA-256 of no bytes, in hexadecimal: the payload hash of a request without a body.
  package static let ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  /// Returns the SHA-256 in hexadecimal.
  package static func hexadecimal(of secret: Secret) -> String {
    Hexadecimal.encode(unsafe secret.withUnsafeBytes { unsafe sha256($0) })
  }

  /// Returns the SHA-256 in hexadecimal.
  package static func hexadecimal(of text: String) -> String { hexadecimal(of: Array(text.utf8)) }

  /// Returns the SHA-256 in hexadecimal.
  package static func hexadecimal(of bytes: [UInt8]) -> String { Hexadecimal.encode(sha256(bytes)) }

  /// Returns the 32 bytes of the SHA-256.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe sha256($0) }
  }

  /// Returns the SHA-1 in hexadecimal.
  ///
  /// It names files of the AWS CLI and protects nothing.
  package static func sha1Hexadecimal(of text: String) -> String {
    let bytes = Array(text.utf8)
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    unsafe _ = SHA1(bytes, bytes.count, &digest)
    return Hexadecimal.encode(digest)
  }

  /// Returns the HMAC-SHA-256 of `text`, itself a secret since signing keys are made of it.
  package static func authenticationCode(of text: String, key: Secret) -> Secret {
    Secret(capacity: byteCount) { builder in
      unsafe builder.append(capacity: byteCount) { code in
        unsafe key.withUnsafeBytes { key in
          let text = Array(text.utf8)
          unsafe _ = HMAC(
            EVP_sha256(), key.baseAddress, Int32(key.count), text, text.count,
            code.bindMemory(to: UInt8.self).baseAddress, nil)
        }
        return byteCount
      }
    }
  }

  /// Returns 32 bytes that follow from `key` and `purpose`, and tell nothing of the key (HKDF with SHA-256, RFC 5869,
  /// without a salt).
  package static func derivedKey(of key: Secret, purpose: String) -> Secret {
    let pseudorandom = Secret(capacity: byteCount) { builder in
      unsafe builder.append(capacity: byteCount) { code in
        unsafe key.withUnsafeBytes { key in
          let salt = [UInt8](repeating: 0, count: byteCount)
          unsafe _ = HMAC(
            EVP_sha256(), salt, Int32(byteCount), key.bindMemory(to: UInt8.self).baseAddress, key.count,
            code.bindMemory(to: UInt8.self).baseAddress, nil)
        }
        return byteCount
      }
    }
    return authenticationCode(of: "\(purpose)\u{1}", key: pseudorandom)
  }

  private static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: byteCount)
    unsafe _ = SHA256(bytes.baseAddress, bytes.count, &digest)
    return digest
  }
}

/// The SHA-256 of bytes that arrive in pieces.
///
/// `@unchecked Sendable`: belongs to the one value that updates it, which no two threads use at a time.
@safe package final class RunningDigest: @unchecked Sendable {
  private let context = unsafe EVP_MD_CTX_new()

  /// Starts with no bytes.
  package init() {
    unsafe _ = EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
  }

  /// Adds a piece.
  package func update(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
  }

  /// The digest in hexadecimal; no piece may follow.
  package var hexadecimal: String {
    var digest = [UInt8](repeating: 0, count: Digest.byteCount)
    unsafe _ = EVP_DigestFinal_ex(context, &digest, nil)
    return Hexadecimal.encode(digest)
  }
}
