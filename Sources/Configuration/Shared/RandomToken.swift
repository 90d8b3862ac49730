internal import CCrypto
package import Secrets

/// A text that nobody guesses.
package enum RandomToken {
  /// 32 random bytes in base64url (RFC 4648 §5), without padding: 43 characters.
  ///
  /// `nil` where the system gives no random numbers.
  package static func make() -> Secret? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let bytes = Secret(capacity: 32) { builder in
      builder.append(capacity: 32) { RAND_bytes($0.baseAddress, Int32($0.count)) == 1 ? $0.count : 0 }
    }
    guard bytes.count == 32 else { return nil }
    return Secret(capacity: 43) { builder in
      bytes.withBytes { bytes in
        for bit in stride(from: 0, to: 256, by: 6) {
          let next = bit / 8 + 1 < 32 ? Int(bytes[bit / 8 + 1]) : 0
          builder.append(alphabet[(Int(bytes[bit / 8]) << 8 | next) >> (10 - bit % 8) & 63])
        }
      }
    }
  }
}
