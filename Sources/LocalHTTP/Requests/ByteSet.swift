/// A set of ASCII characters, stored as two words so that a lookup is one shift: each byte of a header is looked up.
struct ByteSet: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ characters: String) {
    for byte in characters.utf8 {
      if byte < 64 { low |= 1 << byte } else if byte < 128 { high |= 1 << (byte - 64) }
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? low : high) &>> (byte & 63) & 1 == 1
  }

  private static let alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

  /// Of a method, a field name or a connection option: `tchar` (RFC 9110 §5.6.2).
  static let token = ByteSet(alphanumerics + "!#$%&'*+-.^_`|~")
  /// Of a host's name: `unreserved`, `sub-delims` or `%` (RFC 3986 §3.2.2).
  static let registeredName = ByteSet(alphanumerics + "-._~%!$&'()*+,;=")
  /// Of an IPv6 address, a zone excluded: what a name in brackets may hold here.
  static let address = ByteSet("0123456789abcdefABCDEF:.")
  /// Of a path or a query: `pchar`, `/` or `?` (RFC 3986 §3.3, §3.4).
  static let target = ByteSet(alphanumerics + "-._~%!$&'()*+,;=:@/?")
}
