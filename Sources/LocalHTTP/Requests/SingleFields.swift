/// Finds a second field of a name that a request may have once.
///
/// Of two such fields one reader takes the first and another the last, so that a proxy and this server would see
/// different requests (RFC 9110 §5.3). A name that the list does not have may repeat.
struct SingleFields {
  /// The names so far.
  private(set) var filter = NameFilter()

  /// Throws where `fields[index]` repeats the name of a field before it and that name is one of the list.
  @inline(__always)
  mutating func check(_ fields: [FieldLine], at index: Int, in head: Span<UInt8>) throws(Refusal) {
    let bit = NameFilter.bit(of: head.extracting(fields[index].name))
    // Rare: most requests have no two names of one length and first letter.
    if filter.mayContain(bit) { try Self.compare(fields, at: index, in: head) } else { filter.insert(bit) }
  }

  @inline(never)
  private static func compare(_ fields: [FieldLine], at index: Int, in head: Span<UInt8>) throws(Refusal) {
    let name = head.extracting(fields[index].name)
    guard isSingle(name) else { return }
    for other in fields[..<index] where head.extracting(other.name).equalsIgnoringCase(name) {
      throw .malformed("more than one \(name.text)")
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
