internal import JSON

/// Splits an expression into tokens.
struct Lexer {
  /// A syntax tree is at most as high as its expression has tokens, and the parser and the interpreter take stack for each
  /// level of it.
  static let maxTokens = 1000

  private let expression: String
  private let scalars: [Unicode.Scalar]
  private var position = 0

  /// Returns the tokens of an expression; the last one is `eof`.
  static func tokens(of expression: String) throws(JMESPathError) -> [Token] {
    guard !expression.isEmpty else { throw .emptyExpression }
    var lexer = Lexer(expression)
    var tokens: [Token] = []
    while let token = try lexer.next() {
      guard tokens.count < maxTokens else { throw .tooManyTokens }
      tokens.append(token)
    }
    return tokens + [Token(kind: .eof, value: "", position: lexer.scalars.count)]
  }

  private init(_ expression: String) {
    self.expression = expression
    scalars = Array(expression.unicodeScalars)
  }

  private var current: Unicode.Scalar? {
    position < scalars.count ? scalars[position] : nil
  }

  private mutating func next() throws(JMESPathError) -> Token? {
    while let scalar = current, " \t\n\r".unicodeScalars.contains(scalar) { position += 1 }
    guard let scalar = current else { return nil }
    switch scalar {
    case "A"..."Z", "a"..."z", "_": return identifier()
    case "0"..."9", "-": return try number()
    case "\"": return try quotedIdentifier()
    case "'": return try rawString()
    case "`": return try literal()
    default: return try symbol()
    }
  }

  private mutating func symbol() throws(JMESPathError) -> Token {
    let start = position
    let pair = String(String.UnicodeScalarView(scalars[start...].prefix(2)))
    if let kind = Self.pairs[pair] {
      position += 2
      return Token(kind: kind, value: .string(pair), position: start)
    }
    let text = String(scalars[start])
    guard let kind = Self.singles[text] else {
      throw .lexical("Unknown token \(text == "=" ? "'='" : text)", in: expression, at: start)
    }
    position += 1
    return Token(kind: kind, value: .string(text), position: start)
  }

  private static let pairs: [String: Token.Kind] = [
    "[]": .flatten, "[?": .filter, "||": .or, "&&": .and, "<=": .lte, ">=": .gte, "!=": .ne, "==": .eq,
  ]
  private static let singles: [String: Token.Kind] = [
    ".": .dot, "*": .star, "[": .lbracket, "]": .rbracket, ",": .comma, ":": .colon, "@": .current, "(": .lparen,
    ")": .rparen, "{": .lbrace, "}": .rbrace, "|": .pipe, "&": .expref, "<": .lt, ">": .gt, "!": .not,
  ]

  private mutating func identifier() -> Token {
    let start = position
    while let scalar = current, scalar.isASCII, scalar == "_" || scalar.properties.isAlphabetic || "0"..."9" ~= scalar {
      position += 1
    }
    return Token(kind: .unquotedIdentifier, value: .string(text(start..<position)), position: start)
  }

  private mutating func number() throws(JMESPathError) -> Token {
    let start = position
    position += 1
    while let scalar = current, "0"..."9" ~= scalar { position += 1 }
    let digits = text(start..<position)
    guard digits != "-" else { throw .lexical("Unknown token '-'", in: expression, at: start) }
    let value = Int128(digits).map { String($0) } ?? digits
    return Token(kind: .number, value: .number(value), position: start)
  }

  private mutating func quotedIdentifier() throws(JMESPathError) -> Token {
    let start = position
    let content = try textUntil("\"")
    do {
      return Token(kind: .quotedIdentifier, value: try JSONValue(parsing: "\"\(content)\""), position: start)
    } catch {
      throw .lexical(Self.message(error), in: expression, at: start)
    }
  }

  /// Python's message for a string that is not valid JSON.
  private static func message(_ error: JSONError) -> String {
    switch error.reason {
    case "an unknown escape in a string": "Invalid \\escape"
    case "four hexadecimal digits are expected": "Invalid \\uXXXX escape"
    default: "Invalid control character at"
    }
  }

  private mutating func rawString() throws(JMESPathError) -> Token {
    let start = position
    let content = try textUntil("'")
    return Token(kind: .literal, value: .string(Self.unescape("'", in: content)), position: start)
  }

  private mutating func literal() throws(JMESPathError) -> Token {
    let start = position
    let content = Self.unescape("`", in: try textUntil("`"))
    do {
      return Token(kind: .literal, value: try JSONValue(parsing: content), position: start)
    } catch  where error.reason == JSONError.nestedTooDeeply {
      throw .tooDeepLiteral(at: start)
    } catch {
      return try deprecatedLiteral(content, at: start)
    }
  }

  /// The first version of JMESPath read text that is not JSON as a string without quotes, and the AWS CLI still does.
  private func deprecatedLiteral(_ content: String, at start: Int) throws(JMESPathError) -> Token {
    let string = "\"\(String(content.drop(while: \.isWhitespace)))\""
    guard let value = try? JSONValue(parsing: string) else {
      throw .lexical("Bad token \(content)", in: expression, at: start)
    }
    return Token(kind: .literal, value: value, position: start)
  }

  /// Returns the text between two delimiters, with its escapes undecoded.
  private mutating func textUntil(_ delimiter: Unicode.Scalar) throws(JMESPathError) -> String {
    let start = position
    position += 1
    while let scalar = current, scalar != delimiter { position += scalar == "\\" ? 2 : 1 }
    guard position < scalars.count else {
      throw .lexical("Unclosed \(delimiter) delimiter", in: expression, at: start)
    }
    position += 1
    return text(start + 1..<position - 1)
  }

  private static func unescape(_ delimiter: Unicode.Scalar, in text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == delimiter, result.last == "\\" { result.removeLast() }
      result.append(scalar)
    }
    return String(result)
  }

  private func text(_ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(scalars[range]))
  }
}
