internal import HTTPTypes
internal import System

/// The first line of a request (RFC 9112 §3), as positions in the bytes of the head.
struct RequestLine: Sendable {
  /// Longer methods are refused; the longest registered one has 17 bytes.
  static let longestMethod = 32
  /// What a line needs beside method and target: two spaces, the version, CRLF.
  static let rest = 12

  let method: HTTPRequest.Method
  let minorVersion: Int
  /// Empty when an absolute target has none, which stands for `/`.
  let path: Range<Int>
  let query: Range<Int>?
  /// Of a target in absolute or authority form.
  let authority: Range<Int>?

  /// Reads a request line of `bytes`; `range` is without its CRLF.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>, limits: Limits) throws(Refusal) {
    guard let methodEnd = bytes.firstIndex(of: .space, in: range), methodEnd > range.lowerBound else {
      throw .malformed("the request line has no method and target")
    }
    let method = range.lowerBound..<methodEnd
    guard method.count <= Self.longestMethod else { throw .malformed("the method is too long") }
    guard let targetEnd = bytes.firstIndex(of: .space, in: (methodEnd + 1)..<range.upperBound) else {
      throw .malformed("the request line has no version")
    }
    let target = (methodEnd + 1)..<targetEnd
    guard target.count <= limits.target else { throw .targetTooLong }
    guard !target.isEmpty else { throw .malformed("the request line has no target") }
    minorVersion = try Self.minorVersion(bytes.extracting((targetEnd + 1)..<range.upperBound))
    self.method = try Self.method(bytes.extracting(method))
    (path, query, authority) = try Self.form(of: target, bytes, self.method)
  }

  /// Why a line longer than the limits allow is refused.
  ///
  /// Depends on its first bytes only, so that it is the same however the line was cut on its way.
  static func refusal(ofOverlong line: Span<UInt8>) -> Refusal {
    let start = 0..<min(line.count, longestMethod + 1)
    return line.firstIndex(of: .space, in: start) == nil ? .malformed("the method is too long") : .targetTooLong
  }

  private static func minorVersion(_ version: Span<UInt8>) throws(Refusal) -> Int {
    guard version.count == 8, version.extracting(0..<5).equals("HTTP/"), version[5].isASCIIDigit,
      version[6] == UInt8(ascii: "."), version[7].isASCIIDigit
    else { throw .malformed("the version is not of the form HTTP/1.1") }
    switch version[5] {
    case UInt8(ascii: "0"): throw .malformed("HTTP/0.9 is not spoken")
    // A later minor version of 1 is to be treated as the latest known (RFC 9110 §2.5).
    case UInt8(ascii: "1"): return version[7] == UInt8(ascii: "0") ? 0 : 1
    default: throw .unsupportedVersion
    }
  }

  private static func method(_ name: Span<UInt8>) throws(Refusal) -> HTTPRequest.Method {
    // Not checked again, nor allocated: what nearly all requests have.
    if name.equals("GET") { return .get }
    guard let method = HTTPRequest.Method(rawValue: name.text) else {
      throw .malformed("the method has a byte that is not allowed")
    }
    return method
  }
}

extension RequestLine {
  private typealias Form = (path: Range<Int>, query: Range<Int>?, authority: Range<Int>?)

  /// Tells the four forms of a target apart (RFC 9112 §3.2).
  private static func form(
    of target: Range<Int>, _ line: Span<UInt8>, _ method: HTTPRequest.Method
  ) throws(Refusal) -> Form {
    if method == .connect {
      guard AuthoritySyntax.isValid(line.extracting(target), needsPort: true) else {
        throw .malformed("the target of CONNECT is not host:port")
      }
      return (target, nil, target)
    }
    if line[target.lowerBound] == UInt8(ascii: "/") {
      let (path, query) = try split(target, line)
      return (path, query, nil)
    }
    if target.count == 1, line[target.lowerBound] == UInt8(ascii: "*"), method == .options {
      return (target, nil, nil)
    }
    let scheme = target.lowerBound..<min(target.lowerBound + 7, target.upperBound)
    guard line.extracting(scheme).equalsIgnoringCase("http://") else {
      throw .malformed("the target is neither a path nor an http address")
    }
    var end = scheme.upperBound
    while end < target.upperBound, line[end] != UInt8(ascii: "/"), line[end] != UInt8(ascii: "?") { end += 1 }
    let authority = scheme.upperBound..<end
    // An http address without a host is invalid (RFC 9110 §4.2.1).
    guard !authority.isEmpty, line[authority.lowerBound] != UInt8(ascii: ":"),
      AuthoritySyntax.isValid(line.extracting(authority), needsPort: false)
    else {
      throw .malformed("the target's authority is not valid")
    }
    let (path, query) = try split(end..<target.upperBound, line)
    return (path, query, authority)
  }

  private static func split(
    _ range: Range<Int>, _ line: Span<UInt8>
  ) throws(Refusal) -> (path: Range<Int>, query: Range<Int>?) {
    guard line.extracting(range).consists(of: .target) else {
      throw .malformed("the target has a byte that must be percent-encoded")
    }
    guard let mark = line.firstIndex(of: UInt8(ascii: "?"), in: range) else { return (range, nil) }
    return (range.lowerBound..<mark, (mark + 1)..<range.upperBound)
  }
}
