internal import TOMLKit

/// Turns the text of a configuration file into values, whatever the text.
enum TOMLDocument {
  /// Why the text is not a document; `position` is `LINE` or `LINE:COLUMN`, from 1.
  struct SyntaxError: Error, Sendable, Equatable {
    let position: String
    let reason: String
  }

  /// No key lies as deep; what does is left out, so that its depth costs no stack.
  private static let deepestTable = 8

  /// Reads TOML 1.0, without dates and times.
  static func parse(_ bytes: [UInt8]) throws(SyntaxError) -> [ConfigurationValue.Member] {
    var check = TOMLPrecheck()
    try check.run(bytes)
    do {
      return members(of: try TOMLTable(string: String(decoding: bytes, as: UTF8.self)), depth: 0)
    } catch let error as TOMLParseError {
      throw SyntaxError(
        position: "\(error.source.begin.line):\(error.source.begin.column)", reason: words(error.description))
    } catch {
      throw SyntaxError(position: "1", reason: words("\(error)"))
    }
  }

  private static func members(of table: TOMLTable, depth: Int) -> [ConfigurationValue.Member] {
    guard depth < deepestTable else { return [] }
    return table.keys.sorted().compactMap { key in
      table[key].map { .init(key: key, value: value(of: $0, depth: depth + 1)) }
    }
  }

  /// Dates and times do not come this far.
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

  /// The parser's own, which may quote the file.
  private static func words(_ description: String) -> String {
    String(description.prefix(200)).printable
  }
}
