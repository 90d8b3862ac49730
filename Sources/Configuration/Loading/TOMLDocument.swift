internal import System
internal import TOMLKit

/// Parses the text of a configuration file, whatever it contains.
enum TOMLDocument {
  /// Why the text is not a document; `position` is `LINE` or `LINE:COLUMN`, from 1.
  struct SyntaxError: Error, Sendable, Equatable {
    let position: String
    let reason: String
  }

  /// No key is this deep; deeper tables are left out, which bounds the recursion.
  private static let deepestTable = 8

  /// Reads TOML 1.0, without dates and times.
  static func parse(
    _ bytes: [UInt8]
  ) throws(SyntaxError) -> (members: [ConfigurationValue.Member], lines: KeyLines) {
    var check = TOMLPrecheck()
    do throws(SyntaxError) {
      try check.run(bytes)
      let members = try parseChecked(bytes)
      return (members, KeyLines(bytes, statements: check.statements))
    } catch {
      throw explained(error, bytes, check.statements)
    }
  }

  private static func parseChecked(_ bytes: [UInt8]) throws(SyntaxError) -> [ConfigurationValue.Member] {
    do {
      return members(of: try TOMLTable(string: String(decoding: bytes, as: UTF8.self)), depth: 0)
    } catch let error as TOMLParseError {
      throw SyntaxError(
        position: "\(error.source.begin.line):\(error.source.begin.column)", reason: words(error.description))
    } catch {
      throw SyntaxError(position: "1", reason: words("\(error)"))
    }
  }

  /// Returns the error in the words of a mistake that people make, where the line holds one.
  private static func explained(
    _ error: SyntaxError, _ bytes: [UInt8], _ statements: [TOMLPrecheck.Statement]
  ) -> SyntaxError {
    guard let line = error.position.split(separator: ":").first.flatMap({ Int($0) }) else { return error }
    if let (name, first) = KeyLines(bytes, statements: statements).repetition(on: line) {
      return SyntaxError(position: "\(line)", reason: "\(name.excerpt) occurs twice, first on line \(first)")
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
    guard line <= lines.count, lines[line - 1].count <= longestExplained else { return error }
    let mistake = TOMLMistake(
      line: String(decoding: lines[line - 1], as: UTF8.self), isStatement: statements.contains { $0.line == line },
      statementLine: statements.last { $0.line <= line }?.line ?? line)
    return mistake.explanation.map { SyntaxError(position: "\(line)", reason: $0) } ?? error
  }

  /// Bytes of a line; a longer one is not a typing error.
  private static let longestExplained = 1000

  private static func members(of table: TOMLTable, depth: Int) -> [ConfigurationValue.Member] {
    guard depth < deepestTable else { return [] }
    return table.keys.sorted().compactMap { key in
      table[key].map { .init(key: key, value: value(of: $0, depth: depth + 1)) }
    }
  }

  /// `TOMLPrecheck` refuses dates and times.
  private static func value(of node: any TOMLValueConvertible, depth: Int) -> ConfigurationValue {
    if let text = node.string { return .string(text) }
    if let number = node.int { return .integer(number) }
    if let number = node.double { return .number(number) }
    if let flag = node.bool { return .boolean(flag) }
    if let array = node.array { return .list(elements(of: array, depth: depth)) }
    return .table(node.table.map { members(of: $0, depth: depth) } ?? [])
  }

  private static func elements(of array: TOMLArray, depth: Int) -> [ConfigurationValue] {
    guard depth < deepestTable else { return [] }
    return array.map { value(of: $0, depth: depth + 1) }
  }

  /// Bounds the parser's message, which may quote the file.
  private static func words(_ description: String) -> String {
    String(description.prefix(200)).printable
  }
}
