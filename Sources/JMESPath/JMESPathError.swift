internal import JSON

/// An expression that cannot be parsed, or cannot be applied to a value.
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
  /// The message that the AWS CLI shows; it may have several lines.
  package let message: String
  /// The position of a syntax error, in code points from the start of the expression.
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

  /// Returns the error for text that is not a token.
  static func lexical(_ reason: String, in expression: String, at position: Int) -> JMESPathError {
    JMESPathError(
      .syntax, "Bad jmespath expression: \(reason):\n\(expression)\n\(spaces(position))^", position: position)
  }

  /// Returns the error for a token that is not allowed at its position.
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

  /// Returns the error for an expression that ends too early.
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
