internal import JSON

/// Why an expression cannot be parsed, or not be applied to a value.
///
/// The message may quote the expression and the value.
package struct JMESPathError: Error, Equatable, Sendable {
  /// The kinds of the JMESPath specification, and one of our own for what would exhaust memory or time.
  package enum Kind: String, Sendable {
    case syntax
    case invalidType = "invalid-type"
    case invalidArity = "invalid-arity"
    case invalidValue = "invalid-value"
    case unknownFunction = "unknown-function"
    case limitExceeded = "limit-exceeded"
  }

  package let kind: Kind
  /// What the AWS CLI shows, of one line or several.
  package let message: String
  /// For a syntax error: code points from the start of the expression.
  package let position: Int?

  init(_ kind: Kind, _ message: String, position: Int? = nil) {
    self.kind = kind
    self.message = message
    self.position = position
  }
}

extension JMESPathError {
  static let emptyExpression = JMESPathError(.syntax, "Invalid JMESPath expression: cannot be empty.", position: 0)

  static let tooManyTokens = JMESPathError(
    .limitExceeded, "Invalid jmespath expression: it has more than \(Lexer.maxTokens) tokens.")

  static func tooDeepLiteral(at position: Int) -> JMESPathError {
    JMESPathError(
      .limitExceeded, "Invalid jmespath expression: the literal at column \(position) nests too deeply.",
      position: position)
  }

  /// A text that is no token.
  static func lexical(_ reason: String, in expression: String, at position: Int) -> JMESPathError {
    JMESPathError(
      .syntax, "Bad jmespath expression: \(reason):\n\(expression)\n\(spaces(position))^", position: position)
  }

  /// A token that does not belong where it stands.
  static func unexpected(_ token: Token, _ reason: String, in expression: String, at position: Int) -> JMESPathError {
    JMESPathError(
      .syntax,
      """
      \(reason): Parse error at column \(position), token "\(token.value.pythonText)" \
      (\(token.kind.rawValue.uppercased())), for expression:
      "\(expression)"
      \(spaces(position + 1))^
      """,
      position: position)
  }

  /// An expression that ends where something has to follow.
  static func incomplete(_ expression: String) -> JMESPathError {
    let end = expression.unicodeScalars.count
    return JMESPathError(
      .syntax,
      "Invalid jmespath expression: Incomplete expression:\n\"\(expression)\"\n\(spaces(end + 1))^",
      position: end)
  }

  private static func spaces(_ count: Int) -> String {
    String(repeating: " ", count: count)
  }
}
