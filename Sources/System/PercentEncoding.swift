package import Secrets

/// Percent-encoding (RFC 3986 §2.1) of all but the unreserved characters, in capitals, as SigV4 requires.
package enum PercentEncoding {
  /// Encodes one path segment or one part of a query, `/` included.
  package static func encode(_ text: String) -> String { encode(text, keepsSlashes: false) }

  /// Encodes a path that may be encoded already: `%` becomes `%25`, `/` stays.
  package static func encodePath(_ path: String) -> String { encode(path, keepsSlashes: true) }

  /// Appends one encoded byte to a secret, with no copy elsewhere.
  package static func append(_ byte: UInt8, to text: inout SecretBuilder) {
    if byte.isUnreserved {
      text.append(byte)
    } else {
      for character in escape(byte) { text.append(character) }
    }
  }

  private static func encode(_ text: String, keepsSlashes: Bool) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count * 3)
    for byte in text.utf8 {
      if byte.isUnreserved || keepsSlashes && byte == UInt8(ascii: "/") {
        encoded.append(byte)
      } else {
        encoded.append(UInt8(ascii: "%"))
        encoded.append(digits[Int(byte >> 4)])
        encoded.append(digits[Int(byte & 0x0F)])
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
