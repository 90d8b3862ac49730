internal import Secrets

/// Percent-encoding (RFC 3986 §2.1) as SigV4 wants it: all but the unreserved characters, in capitals.
package enum PercentEncoding {
  /// Encodes one path segment or one part of a query, `/` included.
  package static func encode(_ text: String) -> String { encode(text, keepingSlashes: false) }

  /// Encodes a path that may be encoded already: `%` becomes `%25`, `/` stays.
  static func encodePath(_ path: String) -> String { encode(path, keepingSlashes: true) }

  /// Encodes one byte of a part of a query, without a copy of it elsewhere.
  static func append(_ byte: UInt8, to text: inout SecretBuilder) {
    if isUnreserved(byte) {
      text.append(byte)
    } else {
      for character in escape(byte) { text.append(character) }
    }
  }

  private static func encode(_ text: String, keepingSlashes: Bool) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) || keepingSlashes && byte == UInt8(ascii: "/") {
        encoded.append(byte)
      } else {
        encoded += escape(byte)
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
