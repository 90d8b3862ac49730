internal import System

/// The fields of a request that concern the connection: the end of the body, and what comes after it (RFC 9112 §6, §9).
struct Framing: Sendable {
  enum Body: Sendable, Equatable {
    case none
    case sized(Int)
    case chunked
  }

  private(set) var body = Body.none
  private(set) var expectsContinue = false
  private(set) var keepsAlive: Bool
  private(set) var acceptsGzip = false
  /// The value of `Host`.
  private(set) var host: Range<Int>?
  private(set) var nameFilter = NameFilter()

  init(
    head: Span<UInt8>, fields: [FieldLine], minorVersion: Int, limits: Limits
  ) throws(Refusal) {
    keepsAlive = minorVersion >= 1
    var acceptEncoding = AcceptEncoding()
    var transferEncoding: FieldLine?
    var contentLength: FieldLine?
    var closes = false
    var singles = SingleFields()
    // No more options and codings than fields: a list of 16,000 takes longer to read than all else.
    var elements = limits.fields
    for index in fields.indices {
      try singles.check(fields, at: index, in: head)
      let field = fields[index]
      let name = head.extracting(field.name)
      switch name.count {
      case 4 where name.equalsIgnoringCase("host"):
        host = field.value
      case 6 where name.equalsIgnoringCase("expect"):
        // HTTP/1.0 knows no interim response (RFC 9110 §10.1.1).
        guard minorVersion >= 1 else { continue }
        guard head.extracting(field.value).equalsIgnoringCase("100-continue") else { throw .unknownExpectation }
        expectsContinue = true
      case 10 where name.equalsIgnoringCase("connection"):
        let isRead = head.forEachListElement(in: field.value, from: &elements) { element in
          let option = head.extracting(element)
          if option.equalsIgnoringCase("close") { closes = true }
          if option.equalsIgnoringCase("keep-alive") { keepsAlive = true }
        }
        guard isRead else { throw .headerTooLarge }
      case 14 where name.equalsIgnoringCase("content-length"):
        contentLength = field
      case 15 where name.equalsIgnoringCase("accept-encoding"):
        guard acceptEncoding.read(head, field.value, from: &elements) else { throw .headerTooLarge }
      case 17 where name.equalsIgnoringCase("transfer-encoding"):
        transferEncoding = field
      default: break
      }
    }
    nameFilter = singles.filter
    if closes { keepsAlive = false }
    acceptsGzip = acceptEncoding.prefersGzip
    try checkHost(head, minorVersion: minorVersion)
    try setBody(head, transferEncoding, contentLength, minorVersion: minorVersion, limits: limits)
  }

  private func checkHost(_ head: Span<UInt8>, minorVersion: Int) throws(Refusal) {
    guard let host else {
      guard minorVersion == 0 else { throw .malformed("no Host") }
      return
    }
    guard AuthoritySyntax.isValid(head.extracting(host), needsPort: false) else {
      throw .malformed("the value of Host is not valid")
    }
  }

  private mutating func setBody(
    _ head: Span<UInt8>, _ transferEncoding: FieldLine?, _ contentLength: FieldLine?, minorVersion: Int, limits: Limits
  ) throws(Refusal) {
    if let transferEncoding {
      // Two lengths, or one that an HTTP/1.0 hop cannot have understood, are how requests are smuggled (RFC 9112 §6.1).
      guard contentLength == nil else { throw .malformed("both Content-Length and Transfer-Encoding") }
      guard minorVersion >= 1 else { throw .malformed("Transfer-Encoding in an HTTP/1.0 request") }
      try Self.checkCodings(head, transferEncoding.value, limits)
      body = .chunked
    } else if let contentLength {
      let length = try Self.length(head, contentLength.value)
      guard length <= limits.body else { throw .bodyTooLarge }
      body = length == 0 ? .none : .sized(length)
    }
    if body == .none { expectsContinue = false }
  }

  /// Checks that the coding is `chunked`, once and last: no other gives a request an end (RFC 9112 §6.3).
  private static func checkCodings(_ head: Span<UInt8>, _ value: Range<Int>, _ limits: Limits) throws(Refusal) {
    var chunkedCount = 0
    var otherCount = 0
    var endsChunked = false
    var elements = limits.fields
    let isRead = head.forEachListElement(in: value, from: &elements) { element in
      endsChunked = head.extracting(element).equalsIgnoringCase("chunked")
      if endsChunked { chunkedCount += 1 } else { otherCount += 1 }
    }
    guard isRead else { throw .headerTooLarge }
    guard endsChunked, chunkedCount == 1 else {
      throw .malformed("the transfer coding is not chunked, once and last")
    }
    guard otherCount == 0 else { throw .unknownTransferCoding }
  }

  /// Reads digits only: no sign, and no list even of equal numbers (RFC 9112 §6.3 lets a server refuse those).
  private static func length(_ head: Span<UInt8>, _ value: Range<Int>) throws(Refusal) -> Int {
    var length = 0
    for index in value {
      guard head[index].isASCIIDigit else { throw .malformed("Content-Length is not a number") }
      let (product, overflowsProduct) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflowsSum) = product.addingReportingOverflow(Int(head[index] - UInt8(ascii: "0")))
      guard !overflowsProduct, !overflowsSum else { throw .malformed("Content-Length is too large a number") }
      length = sum
    }
    guard !value.isEmpty else { throw .malformed("Content-Length is not a number") }
    return length
  }
}
