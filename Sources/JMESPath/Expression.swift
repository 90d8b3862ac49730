internal import JSON

/// The syntax tree of an expression.
indirect enum Expression: Sendable {
  case current
  case field(String)
  case literal(JSONValue)
  case index(Int)
  case slice(Slice)
  /// Each is applied to the result of the one before.
  case sequence([Expression])
  /// The same, of a base and the indices and slices behind it.
  case indexed([Expression])
  case flatten(Expression)
  /// The last one is applied to each element of the first one's list, or for `values` to each value of its object.
  case projection(Expression, Expression)
  case valueProjection(Expression, Expression)
  case filterProjection(Expression, condition: Expression, Expression)
  case multiSelectList([Expression])
  case multiSelectHash([(name: String, value: Expression)])
  case or(Expression, Expression)
  case and(Expression, Expression)
  case not(Expression)
  case comparison(Expression, Comparator, Expression)
  case call(String, [Expression])
  /// `&expression`: for a function to apply.
  case reference(Expression)
}

enum Comparator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}
