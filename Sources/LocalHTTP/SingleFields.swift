/// Finds a second field of a name that a request may have once.
///
/// Of two such fields one reader takes the first and another the last, so that a proxy and this server would see
/// different requests (RFC 9110 §5.3). A name that the list does not have may repeat.
struct SingleFields {
  /// The lengths of the names so far.
  private(set) var lengths = NameLengths()

  /// Throws where `fields[index]` repeats the name of a field before it and that name is one of the list.
  mutating func check(_ fields: [FieldLine], at index: Int, in head: Span<UInt8>) throws(Refusal) {
    let name = fields[index].name
    guard lengths.contains(name.count) else { return lengths.insert(name.count) }
    // Rare: most requests have no two names of one length.
    let text = head.extracting(name)
    guard Self.isSingle(text) else { return }
    for other in fields[..<index] where head.extracting(other.name).equalsIgnoringCase(text) {
      throw .malformed("more than one \(text.text)")
    }
  }

  private static func isSingle(_ name: Span<UInt8>) -> Bool {
    names.contains { name.equalsIgnoringCase($0) }
  }

  /// Request fields whose grammar is not a list.
  private static let names: [StaticString] = [
    // RFC 9110.
    "authorization", "content-length", "content-location", "content-range", "content-type", "date", "from", "host",
    "if-modified-since", "if-range", "if-unmodified-since", "max-forwards", "proxy-authorization", "range", "referer",
    "user-agent",
    // RFC 9112: a list, but two lists are how requests are smuggled.
    "transfer-encoding",
    // RFC 6265 §5.4, RFC 6454 §7.
    "cookie", "origin",
    // https://fetch.spec.whatwg.org, https://w3c.github.io/webappsec-fetch-metadata.
    "access-control-request-method", "access-control-request-private-network", "sec-fetch-dest", "sec-fetch-mode",
    "sec-fetch-site", "sec-fetch-user", "sec-purpose", "upgrade-insecure-requests",
    // AWS Signature Version 4.
    "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-target",
  ]
}
