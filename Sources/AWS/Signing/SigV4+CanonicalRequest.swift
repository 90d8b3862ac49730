package import Secrets
internal import System

extension SigV4 {
  /// The text whose hash is signed.
  ///
  /// Secret because a session token is in it. The names are in lower case and in order, as `SignedHeaders` lists them;
  /// one that the request lacks counts as an empty value. Each field is looked at once, however many names there are.
  package static func canonicalRequest(_ request: Request, signedNames: [String]) -> Secret {
    var values: [String: [Secret]] = [:]
    for field in request.fields { values[field.name.lowercased(), default: []].append(field.value) }
    return Secret(capacity: 1024) { text in
      text.append("\(request.method.uppercased())\n\(canonicalPath(request.path))\n")
      text.append("\(canonicalQuery(request.query))\n")
      for name in signedNames {
        text.append("\(name):")
        for (index, value) in values[name, default: []].enumerated() {
          if index > 0 { text.append(UInt8(ascii: ",")) }
          appendCollapsed(value, to: &text)
        }
        text.append(UInt8(ascii: "\n"))
      }
      text.append("\n\(signedNames.joined(separator: ";"))\n\(request.payloadHash)")
    }
  }

  /// The names in lower case, in the order of their bytes, each once.
  static func signedNames(of fields: [(name: String, value: Secret)]) -> [String] {
    Set(fields.map { $0.name.lowercased() }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Without dot segments and empty segments, encoded once more.
  static func canonicalPath(_ path: String) -> String {
    var segments: [Substring] = []
    for segment in path.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init) {
      switch segment {
      case ".": continue
      case "..": _ = segments.popLast()
      default: segments.append(segment)
      }
    }
    let end = path.utf8.last == UInt8(ascii: "/") && !segments.isEmpty ? "/" : ""
    return PercentEncoding.encodePath("/" + segments.joined(separator: "/") + end)
  }

  /// Sorted by name and then by value; a name without `=` gets one.
  static func canonicalQuery(_ query: String) -> String {
    guard !query.isEmpty else { return "" }
    return query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
      .map { pair in
        let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        return (name: String(Substring(parts[0])), value: parts.count > 1 ? String(Substring(parts[1])) : "")
      }
      .sorted { left, right in
        left.name == right.name
          ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
          : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
      }
      .map { "\($0.name)=\($0.value)" }
      .joined(separator: "&")
  }

  /// Appends the value with no white space at its ends and single spaces within.
  private static func appendCollapsed(_ value: Secret, to text: inout SecretBuilder) {
    value.withBytes { bytes in
      var isAtStart = true
      var index = 0
      while index < bytes.count {
        while index < bytes.count, isWhitespace(bytes[index]) { index += 1 }
        let start = index
        // Single spaces are part of what is copied at once.
        while index < bytes.count, !isWhitespace(bytes[index]) || isSingleSpace(bytes, index) { index += 1 }
        guard start < index else { break }
        if !isAtStart { text.append(0x20) }
        text.append(contentsOf: bytes.extracting(start..<index))
        isAtStart = false
      }
    }
  }

  private static func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

  /// Whether a space stands between two bytes that are none.
  private static func isSingleSpace(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
    bytes[index] == 0x20 && index + 1 < bytes.count && !isWhitespace(bytes[index + 1])
  }
}
