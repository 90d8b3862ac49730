package import JSON

/// An expression of JMESPath (jmespath.org), the AWS CLI's query language, ready to be applied to values.
///
/// The reference is the `jmespath` package of the AWS CLI, messages included.
package struct JMESPath: Sendable {
  private let expression: Expression

  /// Throws where the text is no expression, or has more than 1,000 tokens.
  package init(parsing text: String) throws(JMESPathError) {
    var parser = try Parser(text)
    expression = try parser.parse()
  }

  /// What the expression selects from the value, `null` where that is nothing.
  ///
  /// Numbers that are only selected keep their text. Throws where a function does not exist or gets what it does not take, and
  /// where the expression makes more than a million values.
  package func search(_ value: JSONValue) throws(JMESPathError) -> JSONValue {
    var interpreter = Interpreter()
    return try interpreter.evaluate(expression, value)
  }
}
