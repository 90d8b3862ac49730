import Testing

/// A rule of HTTP/1.1, some bytes that it is about, and what must become of them.
struct Rule: Sendable, CustomTestStringConvertible {
  enum Ending: Sendable, Equatable {
    /// The connection takes another request.
    case open
    /// The connection is closed after the last answer, and nothing behind it is read.
    case closed
    /// An answer with this status, then the connection is closed.
    case refused(Int)
    /// The last request is cut short: no answer to it.
    case unfinished
  }

  let section: String
  let says: String
  let bytes: [UInt8]
  /// The requests found, in the words of `StubHandler`: method, target and body.
  let requests: [String]
  let ending: Ending
  /// Why we accept what both nginx and h11 refuse.
  let acceptedAlone: String?

  var testDescription: String { "\(section): \(says)" }

  /// `text` holds a byte for each character, U+0080 to U+00FF too.
  static func reads(
    _ section: String, _ says: String, _ text: String, _ requests: [String], then ending: Ending = .open,
    acceptedAlone: String? = nil
  ) -> Rule {
    Rule(
      section: section, says: says, bytes: bytes(of: text), requests: requests, ending: ending,
      acceptedAlone: acceptedAlone)
  }

  static func refuses(
    _ section: String, _ says: String, _ text: String, _ status: Int = 400, after requests: [String] = []
  ) -> Rule {
    Rule(
      section: section, says: says, bytes: bytes(of: text), requests: requests, ending: .refused(status),
      acceptedAlone: nil)
  }

  private static func bytes(of text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
  }

  static let all =
    lines + targets + fields + singleFields + hosts + lengths + codings + chunks + extensions + exchanges + limits
}

/// A whole request with a valid `Host`; `fields` end with CRLF each.
func get(_ target: String = "/", _ fields: String = "") -> String {
  "GET \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
}

/// A request with a body that the fields frame.
func post(_ fields: String, _ body: String = "", target: String = "/") -> String {
  "POST \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)"
}

/// A request whose body is chunked.
func chunked(_ body: String) -> String {
  post("Transfer-Encoding: chunked", body)
}
