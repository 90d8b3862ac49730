package import Secrets

/// Base64 in its two alphabets (RFC 4648 §4, §5).
package struct Base64: Sendable {
  /// With `+`, `/` and padding.
  package static let standard = Base64(alphabetEnd: "+/", isPadded: true)
  /// For addresses and JWTs, without padding (RFC 7515 §2).
  package static let url = Base64(alphabetEnd: "-_", isPadded: false)

  private let alphabet: [UInt8]
  private let isPadded: Bool

  private init(alphabetEnd: String, isPadded: Bool) {
    alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + alphabetEnd).utf8)
    self.isPadded = isPadded
  }

  package func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    encode(bytes.span) { text.append($0) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Encodes a secret as another, with no copy elsewhere.
  package func encode(_ secret: Secret) -> Secret {
    Secret(capacity: (secret.count + 2) / 3 * 4) { text in
      secret.withBytes { bytes in encode(bytes) { text.append($0) } }
    }
  }

  /// Decodes a secret as another, with no copy elsewhere; `nil` for what this does not encode to.
  package func decode(_ text: Secret) -> Secret? {
    let digits = text.count
    var isGood = true
    let bytes = Secret(capacity: digits / 4 * 3 + 3) { bytes in
      var (bits, count) = (0, 0)
      text.withBytes { text in
        for index in text.indices where text[index] != UInt8(ascii: "=") {
          guard let value = alphabet.firstIndex(of: text[index]) else {
            isGood = false
            return
          }
          bits = (bits << 6 | value) & 0xFFF
          count += 6
          if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
          }
        }
      }
    }
    // Padding in other places, and bits that are left over, show themselves.
    return isGood && encode(bytes) == text ? bytes : nil
  }

  private func encode(_ bytes: Span<UInt8>, append: (UInt8) -> Void) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var bits = 0
      for offset in 0..<3 { bits = bits << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
      for position in 0...count { append(alphabet[bits >> (18 - 6 * position) & 0x3F]) }
      if isPadded { for _ in count..<3 { append(UInt8(ascii: "=")) } }
    }
  }
}
