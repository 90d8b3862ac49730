internal import System

/// Recognizes the common mistakes of people who write TOML seldom, in the line at which a parser stopped.
///
/// The parser's own words are about its grammar: `region = us-west-2` gives it a date that is none, `True` a floating
/// point. No message repeats a value, which may be a secret in the wrong file.
struct TOMLMistake {
  /// The line, without the white space around it.
  private let text: Substring
  /// Whether a key or a header begins on this line; it is inside a list or a long string otherwise.
  private let isStatement: Bool
  /// The line on which the statement begins.
  private let statementLine: Int

  init(line: String, isStatement: Bool, statementLine: Int) {
    text = line[...].trimmed
    self.isStatement = isStatement
    self.statementLine = statementLine
  }

  /// Returns what is wrong and how to mend it; `nil` for other mistakes.
  var explanation: String? {
    if let character = foreignCharacter { return character }
    guard isStatement else { return listExplanation }
    if text.hasPrefix("//") || text.hasPrefix(";") || text.hasPrefix("--") { return "a comment starts with #" }
    if text.hasPrefix("[") { return headerExplanation }
    let key = text.prefix { $0.isLetter || $0.isNumber || "_-.\"'".contains($0) }
    guard !key.isEmpty, !"\"'".contains(text.first ?? "\"") else { return nil }
    let rest = text.dropFirst(key.count).trimmed
    guard rest.hasPrefix("=") else { return separatorExplanation(after: key, rest) }
    return valueExplanation(of: key, rest.dropFirst().trimmed)
  }

  /// Characters that word processors and chats put in place of plain ones.
  private var foreignCharacter: String? {
    var isInString: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if let quote = isInString {
        if scalar == quote { isInString = nil }
        continue
      }
      switch scalar {
      case "#": return nil
      case "\"", "'": isInString = scalar
      case "\u{201C}", "\u{201D}", "\u{201E}", "\u{2018}", "\u{2019}", "\u{201A}", "\u{AB}", "\u{BB}":
        return "a typographic quotation mark (\(scalar)): text stands in straight ones, \"…\""
      case "\u{A0}", "\u{202F}", "\u{3000}", "\u{2007}", "\u{200B}", "\u{2060}", "\u{FEFF}":
        let code = String(scalar.value, radix: 16, uppercase: true)
        return "an invisible character (U+\(String(repeating: "0", count: 4 - code.count))\(code)): type a plain space"
      case "\u{2010}"..."\u{2015}", "\u{2212}":
        return "a typographic dash (\(scalar)): type -, and put text in quotation marks"
      default: break
      }
    }
    return nil
  }

  private var headerExplanation: String? {
    let name = text.drop { $0 == "[" }
    guard let first = name.first, first.isLetter || first.isNumber else { return nil }
    guard let end = name.firstIndex(of: "]") else { return "the ] after the name of the table is missing" }
    let bare = name[..<end].trimmed
    if bare.contains(" ") { return "the name of a table has no spaces" }
    if bare.contains("/") || bare.contains(":") || bare.contains("@") {
      return "the name of a table has letters (a to z), digits, hyphens and underscores only"
    }
    let rest = name[name.index(after: end)...].drop { $0 == "]" }.trimmed
    return rest.isEmpty || rest.hasPrefix("#")
      ? nil : "text after the name of the table: its keys follow on lines of their own"
  }

  private func separatorExplanation(after key: Substring, _ rest: Substring) -> String? {
    let name = String(key).excerpt
    if rest.hasPrefix(":") { return "= is expected after \(name), not :" }
    if rest.isEmpty || rest.hasPrefix("#") { return "= and a value are missing after \(name)" }
    if rest.contains("=") { return "a key has no spaces: \(name) is followed by another word" }
    return "= is missing after \(name)"
  }

  private func valueExplanation(of key: Substring, _ value: Substring) -> String? {
    let name = String(key).excerpt
    guard let first = value.first, first != "#" else { return "a value is missing after \(name) =" }
    switch first {
    case "=": return "one = is enough"
    case "\"", "'": return textExplanation(value, quote: first, isInList: false)
    case "[": return listExplanation
    case "{": return nil
    default: return wordExplanation(value, name)
    }
  }

  /// `value` starts with a quotation mark.
  private func textExplanation(_ value: Substring, quote: Character, isInList: Bool) -> String? {
    guard !value.hasPrefix("\"\"\""), !value.hasPrefix("'''") else { return nil }
    var isEscaped = false
    var rest = value.dropFirst()
    while let character = rest.popFirst() {
      if isEscaped {
        isEscaped = false
        if !"btnfr\"\\uU".contains(character) || "uU".contains(character) && !Self.isEscape(rest, character) {
          return Self.backslash
        }
      } else if character == "\\", quote == "\"" {
        isEscaped = true
      } else if character == quote {
        return isInList ? nil : trailerExplanation(rest.trimmed)
      }
    }
    return isEscaped ? Self.backslash : "the \(quote) at the end of the text is missing"
  }

  private static let backslash =
    #"a backslash in "…" starts an escape: put a Windows path in single quotation marks, or double each backslash"#

  private static func isEscape(_ rest: Substring, _ kind: Character) -> Bool {
    let digits = rest.prefix(kind == "u" ? 4 : 8)
    return digits.count == (kind == "u" ? 4 : 8) && digits.allSatisfy(\.isHexDigit)
  }

  private func trailerExplanation(_ rest: Substring) -> String? {
    if rest.isEmpty || rest.hasPrefix("#") { return nil }
    if rest.hasPrefix(",") { return #"several values stand in brackets: ["…", "…"]"# }
    return "there is more text after the closing quotation mark"
  }

  private func wordExplanation(_ value: Substring, _ name: String) -> String? {
    let word = value.prefix { $0 != "#" }.trimmed
    switch word.lowercased() {
    case "true", "false", "yes", "no", "on", "off":
      return "\(name) = true or \(name) = false is expected, in lower case"
    case "none", "null", "nil", "undefined", "~":
      return "leave the line out, or put # before it, where \(name) has no value"
    default: break
    }
    if Self.isDate(word) { return nil }
    if let unit = word.firstIndex(where: { !$0.isNumber }), unit != word.startIndex {
      let rest = word[unit...]
      if ["ms", "s", "m", "h", "d", "min", "sec"].contains(rest) {
        return "a duration stands in quotation marks: \(name) = \"5m\""
      }
      if rest.hasPrefix(","), rest.dropFirst().allSatisfy(\.isNumber) { return "the decimal sign is a point" }
    }
    if word.contains(",") {
      return #"several values stand in brackets and quotation marks: \#(name) = ["…", "…"]"#
    }
    let isNumber = word.allSatisfy { $0.isNumber || "+-._".contains($0) } && word.contains(where: \.isNumber)
    if isNumber, word.count(where: { $0 == "." }) < 2, !word.dropFirst().contains("-") {
      return word.hasPrefix("0") ? "a number has no zeros in front" : nil
    }
    return "text stands in quotation marks: \(name) = \"…\""
  }

  /// Whether TOML takes the word for a date or a time, which no key has.
  private static func isDate(_ word: Substring) -> Bool {
    let digits = word.prefix { $0.isNumber || $0 == "_" }
    let rest = word.dropFirst(digits.count)
    return rest.hasPrefix(":")
      || digits.count == 4 && rest.hasPrefix("-") && rest.dropFirst().prefix(2).allSatisfy(\.isNumber)
        && rest.dropFirst(3).hasPrefix("-")
  }

  /// The line is, or is in, a list of texts.
  private var listExplanation: String? {
    var rest = isStatement ? text[(text.firstIndex(of: "[") ?? text.startIndex)...].dropFirst() : text
    if !isStatement,
      rest.prefix(while: { $0 != "=" }).allSatisfy({ $0.isLetter || $0.isNumber || "_-. ".contains($0) }),
      rest.contains("=")
    {
      return "the ] of the list that starts on line \(statementLine) is missing"
    }
    var isAfterValue = false
    while true {
      rest = rest.trimmed
      guard let first = rest.first, first != "#" else { return nil }
      switch first {
      case ",":
        isAfterValue = false
        rest.removeFirst()
      case "]":
        rest = rest.dropFirst().trimmed
        return rest.isEmpty || rest.first.map("#,]".contains) == true
          ? nil : "there is more text after the closing bracket"
      case "\"", "'":
        if isAfterValue { return "a comma is missing between the values" }
        if let explanation = textExplanation(rest, quote: first, isInList: true) { return explanation }
        rest = Self.afterText(rest, quote: first)
        isAfterValue = true
      default:
        guard first.isLetter || first.isNumber || "/:.".contains(first) else { return nil }
        let word = rest.prefix { !",]#".contains($0) }.trimmed
        if Self.isDate(word) || word.allSatisfy(\.isNumber) || ["true", "false"].contains(word) { return nil }
        return #"each text of a list stands in quotation marks: ["…", "…"]"#
      }
    }
  }

  private static func afterText(_ text: Substring, quote: Character) -> Substring {
    var rest = text.dropFirst()
    var isEscaped = false
    while let character = rest.popFirst() {
      if isEscaped {
        isEscaped = false
      } else if character == "\\", quote == "\"" {
        isEscaped = true
      } else if character == quote {
        break
      }
    }
    return rest
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" || $0 == "\u{FEFF}" }
    return start[
      ..<(start.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" && $0 != "\r\n" }.map(start.index(after:))
        ?? start.startIndex)]
  }
}
