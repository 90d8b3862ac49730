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
    let bytes: ReceivedBytes
    let body: ReceivedBytes?
    let bodyDigest: String?
    let authority: Range<Int>?
    /// `nil` where one is malformed.
    let pathSegments: [String]?
    let queryItems: [(name: String, value: String)]?

    init(_ head: RequestHead, bytes: ReceivedBytes) {
      self.head = head
      self.bytes = bytes
      body = nil
      bodyDigest = nil
      // An absolute target's authority wins over Host (RFC 9112 §3.2.2).
      authority = head.line.authority ?? head.framing.host
      let text = bytes.bytes
      pathSegments = try? PercentEncoding.pathSegments(text.span.extracting(head.line.path), atMost: Request.mostItems)
      queryItems =
        try? head.line.query.map { (query) throws(PercentEncoding.Malformed) in
          try PercentEncoding.queryItems(text.span.extracting(query), atMost: Request.mostItems)
        } ?? []
    }

    init(_ other: Storage, body: BodyCollector) {
      head = other.head
      bytes = other.bytes
      authority = other.authority
      pathSegments = other.pathSegments
      queryItems = other.queryItems
      self.body = body.kept
      bodyDigest = body.hexadecimalDigest
    }
  }

  /// The most segments of a path, and items of a query, that are decoded; the rest is only checked.
  ///
  /// More than any path or query that is served has: a target of a thousand slashes would take 16 KiB otherwise.
  package static let mostItems = 16

  /// `bytes` are the head's.
  init(_ head: RequestHead, bytes: ReceivedBytes) {
    storage = Storage(head, bytes: bytes)
  }

  private init(_ storage: Storage) {
    self.storage = storage
  }

  /// Returns the same request with its body.
  func withBody(_ body: BodyCollector) -> Request { Request(Storage(storage, body: body)) }

  var framing: Framing { storage.head.framing }

  /// The method, such as `GET`.
  package var method: HTTPRequest.Method { storage.head.line.method }
  /// 0 or 1; a later HTTP/1 version is treated as 1.1.
  package var minorVersion: Int { storage.head.line.minorVersion }
  /// What the handler's `admit` had kept of the body; empty when there is none.
  package var body: [UInt8] { storage.body?.bytes ?? [] }
  /// Whether the request has a body, which an empty one in chunks is too.
  package var hasBody: Bool { storage.head.framing.body != .none }
  /// The SHA-256 of the body in hexadecimal, where `admit` asked for it; `nil` while the body has not arrived.
  package var bodyDigest: String? { storage.bodyDigest }
  /// The number of field lines.
  package var fieldCount: Int { storage.head.fields.count }

  /// How to frame the response.
  var responseFraming: ResponseFraming {
    let (line, framing) = (storage.head.line, storage.head.framing)
    return ResponseFraming(
      omitsContent: line.method == .head, acceptsGzip: framing.acceptsGzip,
      persistence: !framing.keepsAlive ? .close : line.minorVersion == 0 ? .keepAlive : .implied)
  }

  private var bytes: [UInt8] { storage.bytes.bytes }

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
  /// `/` is one empty segment, `/a/` is `a` and an empty one. Dot segments are not removed. Of more than `mostItems` the
  /// first ones are returned.
  package func pathSegments() throws(PercentEncoding.Malformed) -> [String] {
    guard let segments = storage.pathSegments else { throw PercentEncoding.Malformed() }
    return segments
  }

  /// Returns the query's names and values, decoded, in their order, including repeated ones.
  ///
  /// One without `=` has the value "". Of more than `mostItems` the first ones are returned.
  package func queryItems() throws(PercentEncoding.Malformed) -> [(name: String, value: String)] {
    guard let items = storage.queryItems else { throw PercentEncoding.Malformed() }
    return items
  }

  /// The text after `?`, possibly empty; `nil` without `?`.
  package var query: String? {
    storage.head.line.query.map { bytes.span.extracting($0).text }
  }

  /// Returns whether the path begins with `text`, still percent-encoded.
  package func pathStarts(with text: StaticString) -> Bool {
    withPath { $0.starts(with: text) }
  }

  /// Returns whether the query holds `text`, still percent-encoded.
  package func queryContains(_ text: StaticString) -> Bool {
    storage.head.line.query.map { bytes.span.extracting($0).contains(text) } ?? false
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

  /// Returns whether the request has a field of one of these names.
  package func containsAny(of names: FieldNames) -> Bool {
    guard storage.head.framing.nameFilter.mayIntersect(names.filter) else { return false }
    let head = bytes.span
    for field in storage.head.fields {
      let name = head.extracting(field.name)
      if names.filter.mayContain(NameFilter.bit(of: name)),
        names.names.contains(where: { name.equalsIgnoringCase($0.lowercase) })
      {
        return true
      }
    }
    return false
  }

  /// Returns the value of the first field of that name.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  package func value(_ name: FieldName) -> String? {
    firstField(name).map { bytes.span.extracting($0.value).text }
  }

  /// Returns whether the first field of that name has exactly this value.
  package func value(_ name: FieldName, is text: StaticString) -> Bool {
    firstField(name).map { bytes.span.extracting($0.value).equals(text) } ?? false
  }

  /// Returns whether the value of the first field of that name holds `text`.
  package func value(_ name: FieldName, contains text: StaticString) -> Bool {
    firstField(name).map { bytes.span.extracting($0.value).contains(text) } ?? false
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
    // Most names that are looked for are absent.
    guard storage.head.framing.nameFilter.mayContain(NameFilter.bit(of: name)) else { return nil }
    let head = bytes.span
    let length = name.lowercase.utf8CodeUnitCount
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
