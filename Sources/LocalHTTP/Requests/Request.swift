package import HTTPTypes
package import System

/// One request, checked and complete, with its target still percent-encoded.
///
/// Cheap to copy: it is one reference. The path's segments and the query's items are decoded once; every other text is
/// made at each access, so prefer `with…` and `contains` where a request is checked.
package struct Request: Sendable {
  private let storage: Storage

  private final class Storage: Sendable {
    let head: RequestHead
    let bytes: [UInt8]
    let body: [UInt8]
    let authority: Range<Int>?
    /// `nil` where one is malformed.
    let pathSegments: [String]?
    let queryItems: [(name: String, value: String)]?

    init(_ head: RequestHead, bytes: [UInt8], body: [UInt8]) {
      self.head = head
      self.bytes = bytes
      self.body = body
      // An absolute target's authority wins over Host (RFC 9112 §3.2.2).
      authority = head.line.authority ?? head.framing.host
      pathSegments = try? PercentEncoding.pathSegments(bytes.span.extracting(head.line.path))
      queryItems =
        try? head.line.query.map { (query) throws(PercentEncoding.Malformed) in
          try PercentEncoding.queryItems(bytes.span.extracting(query))
        } ?? []
    }
  }

  /// `bytes` are the head's.
  init(_ head: RequestHead, bytes: [UInt8], body: [UInt8]) {
    storage = Storage(head, bytes: bytes, body: body)
  }

  /// The method, such as `GET`.
  package var method: HTTPRequest.Method { storage.head.line.method }
  /// 0 or 1; a later HTTP/1 version is treated as 1.1.
  package var minorVersion: Int { storage.head.line.minorVersion }
  /// Empty when there is none; at most `Limits.body` bytes.
  package var body: [UInt8] { storage.body }

  /// How to frame the response.
  var responseFraming: ResponseFraming {
    let (line, framing) = (storage.head.line, storage.head.framing)
    return ResponseFraming(
      omitsContent: line.method == .head, acceptsGzip: framing.acceptsGzip,
      persistence: !framing.keepsAlive ? .close : line.minorVersion == 0 ? .keepAlive : .implied)
  }

  private var bytes: [UInt8] { storage.bytes }

  /// Starts with `/`, or is `*` (`OPTIONS` only) or the host and port of `CONNECT`.
  package var path: String {
    withPath { $0.text }
  }

  private func withPath<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let path = storage.head.line.path
    guard !path.isEmpty else { return try body(Self.root.span) }
    return try body(bytes.span.extracting(path))
  }

  private static let root = [UInt8(ascii: "/")]

  /// Returns the path's segments, each decoded separately, so that an encoded `/` stays inside its segment.
  ///
  /// `/` is one empty segment, `/a/` is `a` and an empty one. Dot segments are not removed.
  package func pathSegments() throws(PercentEncoding.Malformed) -> [String] {
    guard let segments = storage.pathSegments else { throw PercentEncoding.Malformed() }
    return segments
  }

  /// Returns the query's names and values, decoded, in their order, including repeated ones.
  ///
  /// One without `=` has the value "".
  package func queryItems() throws(PercentEncoding.Malformed) -> [(name: String, value: String)] {
    guard let items = storage.queryItems else { throw PercentEncoding.Malformed() }
    return items
  }

  /// The text after `?`, possibly empty; `nil` without `?`.
  package var query: String? {
    storage.head.line.query.map { bytes.span.extracting($0).text }
  }

  /// The host that the client asked, with the port if there is one: from the target, else from `Host`.
  package var authority: String? {
    withAuthority { $0.text }
  }

  /// Passes the bytes of the authority to `body`; returns `nil` without one.
  package func withAuthority<Result>(_ body: (Span<UInt8>) -> Result) -> Result? {
    guard let authority = storage.authority else { return nil }
    return body(bytes.span.extracting(authority))
  }

  /// Returns whether the request has a field of that name.
  package func contains(_ name: FieldName) -> Bool {
    firstField(name) != nil
  }

  /// Returns the value of the first field of that name.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  package func value(_ name: FieldName) -> String? {
    firstField(name).map { bytes.span.extracting($0.value).text }
  }

  /// Returns the values of all fields of that name, in their order.
  package func values(_ name: FieldName) -> [String] {
    let head = bytes.span
    var values: [String] = []
    for field in storage.head.fields where head.extracting(field.name).equalsIgnoringCase(name.lowercase) {
      values.append(head.extracting(field.value).text)
    }
    return values
  }

  /// Passes the value of the first field of that name to `body`, without white space at its ends.
  package func withValue<Result, Failure: Error>(
    _ name: FieldName, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let field = firstField(name) else { return nil }
    return try body(bytes.span.extracting(field.value))
  }

  /// Passes each field to `body`, in their order, with its name in the client's letter case.
  package func forEachField<Failure: Error>(
    _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    for field in storage.head.fields {
      try body(bytes.span.extracting(field.name), bytes.span.extracting(field.value))
    }
  }

  private func firstField(_ name: FieldName) -> FieldLine? {
    // Most names that are looked for are absent, and then usually no field has a name of that length.
    let length = name.lowercase.utf8CodeUnitCount
    guard storage.head.framing.nameLengths.contains(length) else { return nil }
    let head = bytes.span
    for field in storage.head.fields where field.name.count == length {
      if head.extracting(field.name).equalsIgnoringCase(name.lowercase) { return field }
    }
    return nil
  }
}

extension Request {
  /// Makes a request without a connection, for tests and callers within the process.
  ///
  /// Throws what the parser refuses.
  ///
  /// `authority` becomes `Host`, and `nil` sends none, which HTTP/1.0 alone allows. `Content-Length` is added where there
  /// is a body.
  package init(
    method: HTTPRequest.Method, target: String, minorVersion: Int = 1, authority: String? = "localhost",
    fields: HTTPFields = [:], body: [UInt8] = []
  ) throws(Refusal) {
    var text = "\(method.rawValue) \(target) HTTP/1.\(minorVersion)\r\n"
    if let authority { text += "Host: \(authority)\r\n" }
    for field in fields { text += "\(field.name.rawName): \(field.value)\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.count)\r\n" }
    let bytes = Array((text + "\r\n").utf8) + body
    var parser = RequestParser(limits: Limits())
    var position = 0
    guard let request = try parser.parse(bytes.span, &position), position == bytes.count else {
      throw .malformed("not one whole request")
    }
    self = request
  }
}
