/// Percent-encoding (RFC 3986 §2.1) as SigV4 wants it: all but the unreserved characters, in capitals.
package enum PercentEncoding {
  /// Encodes one path segment or one part of a query, `/` included.
  package static func encode(_ text: String) -> String { encode(text, keepingSlashes: false) }

  /// Encodes a path that may be encoded already: `%` becomes `%25`, `/` stays.
  static func encodePath(_ path: String) -> String { encode(path, keepingSlashes: true) }

  private static func encode(_ text: String, keepingSlashes: Bool) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        encoded.append(byte)
      case UInt8(ascii: "/") where keepingSlashes:
        encoded.append(byte)
      default:
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
