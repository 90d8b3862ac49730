internal import System

/// The lines of a document's keys and tables, for messages: TOMLKit does not tell them.
///
/// Reads what `TOMLPrecheck` found to begin a statement, by the grammar of keys alone.
struct KeyLines: Sendable, Equatable {
  /// By dotted key; the first line where one occurs twice, which the parser refuses.
  private var lines: [String: Int] = [:]
  /// The tables that dotted keys and headers imply, by the line of the first that does.
  private var implied: [String: Int] = [:]
  /// The second line of a key or table that occurs twice, by that line.
  private var repeated: [Int: String] = [:]

  private static let mostParts = 8
  /// Bytes of a key or header: a longer one is none of ours, and the names of all keys below it would hold it once more.
  private static let longestName = 500

  init() {}

  /// - Parameter statements: Where each key or header begins, and its line.
  init(_ bytes: [UInt8], statements: [TOMLPrecheck.Statement]) {
    // `nil` below a header that is passed over.
    var table: [String]? = []
    // How many tables of each list there were.
    var counts: [String: Int] = [:]
    for statement in statements {
      var reader = KeyReader(rest: bytes[statement.start...])
      let isHeader = reader.rest.first == UInt8(ascii: "[")
      let isList = reader.rest.starts(with: "[[".utf8)
      if isHeader { reader.rest = reader.rest.drop { $0 == UInt8(ascii: "[") } }
      let parts = reader.parts()
      guard 1...Self.mostParts ~= parts.count, parts.reduce(0, { $0 + $1.utf8.count }) <= Self.longestName else {
        if isHeader { table = nil }
        continue
      }
      if isList {
        let name = parts.joined(separator: ".")
        counts[name, default: 0] += 1
        table = ["\(name)[\(counts[name] ?? 1)]"]
        if implied[name] == nil { implied[name] = statement.line }
      } else if isHeader {
        table = parts
      }
      guard let table else { continue }
      let path = isHeader ? table : table + parts
      let name = path.joined(separator: ".")
      for count in path.indices.dropFirst() {
        let table = path.prefix(count).joined(separator: ".")
        if implied[table] == nil { implied[table] = statement.line }
      }
      if lines[name] == nil { lines[name] = statement.line } else { repeated[statement.line] = name }
    }
  }

  /// Returns the line of a key, else that of the nearest table or inline table around it.
  subscript(key: String) -> Int? {
    var name = key[...]
    while true {
      if let line = lines[String(name)] ?? implied[String(name)] { return line }
      guard let dot = name.lastIndex(of: ".") else { return nil }
      name = name[..<dot]
    }
  }

  /// Returns the key or table that stands on `line` for the second time, and the line of the first.
  func repetition(on line: Int) -> (name: String, first: Int)? {
    repeated[line].flatMap { name in lines[name].map { (name, $0) } }
  }
}

/// Reads a dotted key: bare and quoted parts, without their escapes.
private struct KeyReader {
  var rest: ArraySlice<UInt8>

  /// Returns at most ten parts.
  mutating func parts() -> [String] {
    var parts: [String] = []
    while parts.count < 10, let part = part() {
      parts.append(part)
      skipSpaces()
      guard rest.first == UInt8(ascii: ".") else { break }
      rest.removeFirst()
    }
    return parts
  }

  private mutating func part() -> String? {
    skipSpaces()
    guard let first = rest.first else { return nil }
    let isQuoted = first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
    if isQuoted { rest.removeFirst() }
    let part = rest.prefix { byte in
      isQuoted ? byte != first && byte != UInt8(ascii: "\n") : byte.isASCIIAlphanumeric || "_-".utf8.contains(byte)
    }
    rest = rest.dropFirst(part.count + (isQuoted ? 1 : 0))
    return part.isEmpty && !isQuoted ? nil : String(decoding: part, as: UTF8.self)
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }
}
