internal import Secrets

/// The rules of `configparser`, line by line.
///
/// Pure; values are kept as places in the text until the end.
struct INIParser {
  private struct Option {
    let name: String
    let line: Int
    /// The first line's value and those of the continuation lines, without the white space around them.
    var value: [Range<Int>]
  }

  private struct Section {
    let name: String
    var options: [Option] = []
    /// The names of the options.
    var names: Set<String> = []
  }

  /// The most options that are read, together with sections and the lines below options.
  ///
  /// Those of `[DEFAULT]` count in each section. To keep one takes some hundred bytes.
  static let mostOptions = 100_000

  private var parsed: [Section] = []
  private var sectionNames: Set<String> = []
  private var optionCount = 0
  /// Options that every section has, from `[DEFAULT]`.
  private var defaults = Section(name: "DEFAULT")
  private var current: Current = .nothing
  /// An option that continuation lines would belong to was read in the current section.
  private var isInOption = false
  private var indentation = 0
  private var line = 0

  private enum Current {
    case nothing
    case defaults
    case section(Int)
  }

  mutating func consume(line range: Range<Int>, of text: Span<UInt8>) throws(INIError) {
    line += 1
    let content = Self.trimmed(range, text)
    guard let first = content.first else {
      // An empty line within a value belongs to it.
      if isInOption { try appendToValue(content) }
      return
    }
    // Only a whole line is a comment: a secret key may hold `#` and `;`.
    guard text[first] != UInt8(ascii: "#"), text[first] != UInt8(ascii: ";") else { return }
    let lineIndentation = first - range.lowerBound
    if isInOption && lineIndentation > indentation {
      try appendToValue(content)
      return
    }
    indentation = lineIndentation
    if let name = Self.sectionName(content, text) {
      try begin(section: name)
    } else {
      try begin(option: content, text)
    }
  }

  private mutating func begin(section name: String) throws(INIError) {
    isInOption = false
    guard name != defaults.name else {
      current = .defaults
      return
    }
    guard sectionNames.insert(name).inserted else { throw error("the section occurs twice") }
    try count(defaults.options.count + 1)
    parsed.append(Section(name: name))
    current = .section(parsed.count - 1)
  }

  private mutating func begin(option content: Range<Int>, _ text: Span<UInt8>) throws(INIError) {
    if case .nothing = current { throw error("a section header such as [default] is expected first") }
    guard
      let delimiter = content.first(where: { text[$0] == UInt8(ascii: "=") || text[$0] == UInt8(ascii: ":") })
    else { throw error("neither a section header nor an option with = or :") }
    let name = Self.string(Self.trimmed(content.lowerBound..<delimiter, text), text).lowercased()
    guard !name.isEmpty else { throw error("an option has no name") }
    let value = Self.trimmed(delimiter + 1..<content.upperBound, text)
    let option = Option(name: name, line: line, value: [value])
    let isNew = updateCurrent { section in
      guard section.names.insert(name).inserted else { return false }
      section.options.append(option)
      return true
    }
    guard isNew else { throw error("the option occurs twice in its section") }
    if case .defaults = current { try count(parsed.count + 1) } else { try count(1) }
    isInOption = true
  }

  private mutating func count(_ options: Int) throws(INIError) {
    optionCount += options
    guard optionCount <= Self.mostOptions else {
      throw error("there are more than \(Self.mostOptions) sections, options and lines of options")
    }
  }

  private mutating func appendToValue(_ content: Range<Int>) throws(INIError) {
    try count(1)
    updateCurrent { section in section.options[section.options.count - 1].value.append(content) }
  }

  @discardableResult
  private mutating func updateCurrent<Result>(_ update: (inout Section) -> Result) -> Result {
    if case .section(let index) = current { return update(&parsed[index]) }
    return update(&defaults)
  }

  /// All sections, once every line is consumed.
  func sections(of text: Span<UInt8>) throws(INIError) -> [INIDocument.Section] {
    var sections: [INIDocument.Section] = []
    for section in parsed {
      var finished = INIDocument.Section(name: section.name)
      for option in defaults.options + section.options {
        finished.options[option.name] = try Self.value(option, text)
        finished.lines[option.name] = option.line
      }
      sections.append(finished)
    }
    return sections
  }

  private static func value(_ option: Option, _ text: Span<UInt8>) throws(INIError) -> INIDocument.Value {
    var lines = option.value
    while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count > 1, lines[0].isEmpty else { return .text(joined(lines, text)) }
    var nested: [String: Secret] = [:]
    for line in lines where !line.isEmpty {
      guard let equals = line.first(where: { text[$0] == UInt8(ascii: "=") }) else {
        throw INIError(line: option.line, reason: "an indented line below the option has no =")
      }
      nested[string(trimmed(line.lowerBound..<equals, text), text)] =
        joined([trimmed(equals + 1..<line.upperBound, text)], text)
    }
    return .nested(nested)
  }

  private static func joined(_ lines: [Range<Int>], _ text: Span<UInt8>) -> Secret {
    Secret(capacity: lines.reduce(lines.count) { $0 + $1.count }) { value in
      for (index, line) in lines.enumerated() {
        if index > 0 { value.append(UInt8(ascii: "\n")) }
        value.append(contentsOf: text.extracting(line))
      }
    }
  }

  /// What is between `[` and the last `]` of the line.
  private static func sectionName(_ content: Range<Int>, _ text: Span<UInt8>) -> String? {
    guard let first = content.first, text[first] == UInt8(ascii: "["),
      let end = content.last(where: { text[$0] == UInt8(ascii: "]") }), end > first + 1
    else { return nil }
    return string(first + 1..<end, text)
  }

  private static func string(_ range: Range<Int>, _ text: Span<UInt8>) -> String {
    String(decoding: range.map { text[$0] }, as: UTF8.self)
  }

  private func error(_ reason: String) -> INIError { INIError(line: line, reason: reason) }
}

extension INIParser {
  /// Without the white space at both ends, by Python's idea of it: a key pasted with a no-break space works there.
  private static func trimmed(_ range: Range<Int>, _ text: Span<UInt8>) -> Range<Int> {
    var range = range
    while let width = (1...3).first(where: { isSpace(range.prefix($0), $0, text) }) { range = range.dropFirst(width) }
    while let width = (1...3).first(where: { isSpace(range.suffix($0), $0, text) }) { range = range.dropLast(width) }
    return range
  }

  /// Whether the bytes are the UTF-8 of one white space character.
  private static func isSpace(_ range: Range<Int>, _ width: Int, _ text: Span<UInt8>) -> Bool {
    guard range.count == width else { return false }
    let bytes = range.map { UInt32(text[$0]) }
    let value: UInt32
    switch (width, bytes[0]) {
    case (1, 0..<0x80): value = bytes[0]
    case (2, 0xC0..<0xE0): value = (bytes[0] & 0x1F) << 6 | (bytes[1] & 0x3F)
    case (3, 0xE0..<0xF0): value = (bytes[0] & 0x0F) << 12 | (bytes[1] & 0x3F) << 6 | (bytes[2] & 0x3F)
    default: return false
    }
    return 0x1C...0x1F ~= value || Unicode.Scalar(value)?.properties.isWhitespace == true
  }
}
