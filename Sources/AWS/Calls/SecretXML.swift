internal import Secrets

/// An XML answer of AWS in secret memory, looked into where it lies: only the values asked for are copied out.
///
/// Reads what the query protocol sends and nothing beyond it: elements, their text, the five entities that XML names and
/// character references. A document type is refused, so that no entity can be declared; so are CDATA sections and
/// comments, which AWS does not send.
struct SecretXML: Sendable {
  /// Why a text is not read.
  struct Malformed: Error, Equatable {}

  /// Far more than any answer of STS has.
  static let maxSize = 256 << 10
  static let maxDepth = 16

  private struct Leaf {
    /// The names from below the root down, with `/` between.
    let path: String
    /// The text, entities included.
    let content: Range<Int>
  }

  private let text: Secret
  let rootName: String
  private let leaves: [Leaf]

  init(parsing text: Secret) throws(Malformed) {
    guard text.count <= Self.maxSize else { throw Malformed() }
    (rootName, leaves) = try text.withBytes { (bytes) throws(Malformed) in
      var reader = XMLReader()
      var leaves: [Leaf] = []
      var open: [String] = []
      var rootName: String?
      // Where the text of the innermost element begins, as long as it may be a leaf.
      var start: Int?
      while let tag = try reader.nextTag(bytes, isOutside: open.isEmpty) {
        switch tag.kind {
        case .start:
          guard open.count < Self.maxDepth, !open.isEmpty || rootName == nil else { throw Malformed() }
          if open.isEmpty { rootName = tag.name }
          open.append(tag.name)
          start = tag.range.upperBound
        case .empty:
          guard !open.isEmpty else { throw Malformed() }
          leaves.append(
            Leaf(path: Self.path(open + [tag.name]), content: tag.range.upperBound..<tag.range.upperBound))
          start = nil
        case .end:
          guard open.last == tag.name else { throw Malformed() }
          if let start, open.count > 1 {
            leaves.append(Leaf(path: Self.path(open), content: start..<tag.range.lowerBound))
          }
          open.removeLast()
          start = nil
        }
      }
      guard open.isEmpty, let rootName else { throw Malformed() }
      for leaf in leaves { try reader.decode(bytes, leaf.content) { _ in } }
      return (rootName, leaves)
    }
    self.text = text
  }

  /// The text of the element at that path below the root, such as `Error/Code`; of several, the first.
  func string(_ path: String) -> String? {
    secret(path)?.exposed
  }

  /// The same without a copy in ordinary memory.
  func secret(_ path: String) -> Secret? {
    guard let leaf = leaves.first(where: { $0.path == path }) else { return nil }
    return text.withBytes { bytes in
      // The reader was over it once, when the document was parsed.
      try? Secret(capacity: leaf.content.count) { (builder) throws(Malformed) in
        try XMLReader().decode(bytes, leaf.content) { builder.append($0) }
      }
    }
  }

  private static func path(_ names: [String]) -> String { names.dropFirst().joined(separator: "/") }
}
