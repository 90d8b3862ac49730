internal import System

/// The syntax of `Host` and of a target's authority: `uri-host [":" port]` (RFC 9110 §7.2, RFC 3986 §3.2).
enum AuthoritySyntax {
  /// User information (`user@host`) is refused (RFC 9110 §4.2.4): it serves to mislead only.
  static func isValid(_ text: Span<UInt8>, needsPort: Bool) -> Bool {
    var end = 0
    if text.count > 0, text[0] == UInt8(ascii: "[") {
      guard let bracket = text.firstIndex(of: UInt8(ascii: "]"), in: text.indices), bracket > 1 else { return false }
      guard text.extracting(1..<bracket).consists(of: .address) else { return false }
      end = bracket + 1
    } else {
      let allowed = ByteSet.registeredName
      while end < text.count, allowed.contains(text[end]) { end += 1 }
    }
    guard end < text.count else { return !needsPort }
    guard text[end] == UInt8(ascii: ":") else { return false }
    for index in (end + 1)..<text.count where !text[index].isASCIIDigit { return false }
    return !needsPort || (end > 0 && end + 1 < text.count)
  }
}
