package import JSON

/// An expression of JMESPath (jmespath.org), the AWS CLI's query language, ready to be applied to values.
///
/// The reference is the `jmespath` package of the AWS CLI, messages included.
package struct JMESPath: Sendable {
  private let expression: Expression

  /// Parses an expression.
  ///
  /// Throws if the text is not valid, or has more than 1,000 tokens.
  package init(parsing text: String) throws(JMESPathError) {
    var parser = try Parser(text)
    expression = try parser.parse()
  }

  /// Returns what the expression selects from the value; `null` if it selects nothing.
  ///
  /// Numbers that are only selected keep their text. Throws if a function does not exist or gets an argument of the wrong
  /// type, and if the expression creates more than a million values.
  package func search(_ value: JSONValue) throws(JMESPathError) -> JSONValue {
    var interpreter = Interpreter()
    return try interpreter.evaluate(expression, value)
  }
}
