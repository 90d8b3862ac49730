internal import JSON

/// A built-in function: its parameters and its body.
struct Function: Sendable {
  typealias Body = @Sendable (inout Interpreter, CheckedArguments) throws(JMESPathError) -> JSONValue

  /// The types each argument may have, named as messages name them; none means any.
  private let parameters: [[ParameterType]]
  /// Whether the last parameter takes any number of arguments from one.
  private let isVariadic: Bool
  let body: Body

  init(_ parameters: [ParameterType]..., isVariadic: Bool = false, body: @escaping Body) {
    self.parameters = parameters
    self.isVariadic = isVariadic
    self.body = body
  }

  static let all = numeric.merging(textual) { $1 }.merging(ofArrays) { $1 }.merging(ofAnything) { $1 }

  func check(_ arguments: [Argument], name: String) throws(JMESPathError) -> CheckedArguments {
    guard isVariadic ? arguments.count >= parameters.count : arguments.count == parameters.count else {
      let expected = "\(parameters.count) argument\(parameters.count == 1 ? "" : "s")"
      throw JMESPathError(
        .invalidArity,
        "Expected \(isVariadic ? "at least " : "")\(expected) for function \(name)(), received \(arguments.count)")
    }
    // The reference checks only the first argument of a variadic function.
    for (types, argument) in zip(parameters, arguments) { try Self.check(argument, types, name) }
    return CheckedArguments(name: name, arguments: arguments)
  }

  private static func check(_ argument: Argument, _ types: [ParameterType], _ name: String) throws(JMESPathError) {
    guard !types.isEmpty else { return }
    guard types.contains(where: { $0.type == argument.type }) else {
      throw .invalidType(of: argument.text, name, expected: types, actual: argument.type)
    }
    guard case .value(.array(let elements)) = argument, let first = elements.first else { return }
    let elementTypes = types.compactMap(\.elementType)
    guard !elementTypes.isEmpty else { return }
    // Where several element types are allowed, the first element decides.
    let expected = elementTypes.first { $0 == Argument.value(first).type } ?? elementTypes[0]
    if let wrong = elements.first(where: { Argument.value($0).type != expected }) {
      throw .invalidType(of: wrong.pythonText, name, expected: types, actual: wrong.pythonTypeName)
    }
  }
}

/// A type of the language, or an array of one.
enum ParameterType: String, Sendable {
  case string, number, array, object
  case reference = "expref"
  case strings = "array-string"
  case numbers = "array-number"

  var type: String {
    elementType == nil ? rawValue : "array"
  }

  var elementType: String? {
    switch self {
    case .strings: "string"
    case .numbers: "number"
    default: nil
    }
  }
}

enum Argument {
  case value(JSONValue)
  case reference(Expression)

  /// The name of the type in the language.
  var type: String {
    switch self {
    case .value(.null): "null"
    case .value(.boolean): "boolean"
    case .value(.number): "number"
    case .value(.string): "string"
    case .value(.array): "array"
    case .value(.object): "object"
    case .reference: "expref"
    }
  }

  var text: String {
    switch self {
    case .value(let value): value.pythonText
    case .reference: "an expression"
    }
  }
}

/// Arguments that were checked against a function's parameters, so that each accessor finds a value of its type.
struct CheckedArguments {
  let name: String
  let arguments: [Argument]

  /// Throws for an expression reference where any value may stand.
  func value(_ index: Int) throws(JMESPathError) -> JSONValue {
    guard case .value(let value) = arguments[index] else {
      throw JMESPathError(.invalidType, "In function \(name)(), an expression reference is no value.")
    }
    return value
  }

  func string(_ index: Int) -> String {
    guard case .value(.string(let text)) = arguments[index] else { return "" }
    return text
  }

  func number(_ index: Int) -> JSONNumber {
    guard case .value(.number(let text)) = arguments[index] else { return .integer(0) }
    return JSONNumber(text)
  }

  func array(_ index: Int) -> [JSONValue] {
    guard case .value(.array(let elements)) = arguments[index] else { return [] }
    return elements
  }

  func object(_ index: Int) -> JSONObject {
    guard case .value(.object(let object)) = arguments[index] else { return [:] }
    return object
  }

  func reference(_ index: Int) -> Expression {
    guard case .reference(let expression) = arguments[index] else { return .current }
    return expression
  }
}

extension JMESPathError {
  static func invalidType(
    of text: String, _ function: String, expected: [ParameterType], actual: String
  ) -> JMESPathError {
    let names = JSONValue.array(expected.map { .string($0.rawValue) }).pythonText
    return JMESPathError(
      .invalidType,
      "In function \(function)(), invalid type for value: \(text), expected one of: \(names), received: \"\(actual)\"")
  }
}
