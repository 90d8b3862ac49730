package import Secrets
internal import System

extension SigV4 {
  /// The text whose hash is signed.
  ///
  /// Secret because a session token is in it. The names are in lower case and in order, as `SignedHeaders` lists them;
  /// one that the request lacks counts as an empty value.
  package static func canonicalRequest(_ request: Request, signedNames: [String]) -> Secret {
    Secret(capacity: 1024) { text in
      text.append("\(request.method.uppercased())\n\(canonicalPath(request.path))\n")
      text.append("\(canonicalQuery(request.query))\n")
      for name in signedNames {
        text.append("\(name):")
        var isFirst = true
        for field in request.fields where field.name.lowercased() == name {
          if !isFirst { text.append(UInt8(ascii: ",")) }
          appendCollapsed(field.value, to: &text)
          isFirst = false
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
    for segment in path.split(separator: "/") {
      switch segment {
      case ".": continue
      case "..": _ = segments.popLast()
      default: segments.append(segment)
      }
    }
    let end = path.hasSuffix("/") && !segments.isEmpty ? "/" : ""
    return PercentEncoding.encodePath("/" + segments.joined(separator: "/") + end)
  }

  /// Sorted by name and then by value; a name without `=` gets one.
  static func canonicalQuery(_ query: String) -> String {
    guard !query.isEmpty else { return "" }
    return query.split(separator: "&", omittingEmptySubsequences: false)
      .map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
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
      var isSpacePending = false
      for index in bytes.indices {
        switch bytes[index] {
        case 0x09...0x0D, 0x20:
          isSpacePending = true
        case let byte:
          if isSpacePending && !isAtStart { text.append(0x20) }
          text.append(byte)
          isAtStart = false
          isSpacePending = false
        }
      }
    }
  }
}
