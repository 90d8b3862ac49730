/// Classes of ASCII characters, asked of single bytes.
extension UInt8 {
  package var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  package var isASCIILetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
  package var isASCIIAlphanumeric: Bool { isASCIIDigit || isASCIILetter }

  /// A character of a token (RFC 9110 §5.6.2), such as a method or the name of a field.
  package var isTokenCharacter: Bool { isASCIIAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(self) }

  /// An unreserved character of an address (RFC 3986 §2.3).
  package var isUnreserved: Bool { isASCIIAlphanumeric || "-._~".utf8.contains(self) }

  /// The value of a hexadecimal digit; `nil` for any other byte.
  package var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
