internal import JSON

extension Function {
  static let ofArrays: [String: Function] = [
    "max": Function([.numbers, .strings]) { (_, arguments) throws(JMESPathError) in
      try extreme(of: arguments.array(0).map { ($0, $0) }, by: .greater)
    },
    "min": Function([.numbers, .strings]) { (_, arguments) throws(JMESPathError) in
      try extreme(of: arguments.array(0).map { ($0, $0) }, by: .less)
    },
    "max_by": Function([.array], [.reference]) { (interpreter, arguments) throws(JMESPathError) in
      try extreme(of: keyed(&interpreter, arguments, by: [.number, .string]), by: .greater)
    },
    "min_by": Function([.array], [.reference]) { (interpreter, arguments) throws(JMESPathError) in
      try extreme(of: keyed(&interpreter, arguments, by: [.number, .string]), by: .less)
    },
    "sort": Function([.strings, .numbers]) { _, arguments in
      sorted(arguments.array(0).map { ($0, $0) })
    },
    "sort_by": Function([.array], [.reference]) { (interpreter, arguments) throws(JMESPathError) in
      guard let first = arguments.array(0).first else { return [] }
      let key = Argument.value(try interpreter.evaluate(arguments.reference(1), first))
      guard let type = ParameterType(rawValue: key.type), type == .number || type == .string else {
        throw .invalidType(of: first.pythonText, "sort_by", expected: [.string, .number], actual: key.type)
      }
      return sorted(try keyed(&interpreter, arguments, by: [type]))
    },
    "map": Function([.reference], [.array]) { (interpreter, arguments) throws(JMESPathError) in
      var results: [JSONValue] = []
      for element in arguments.array(1) {
        results.append(try interpreter.evaluate(arguments.reference(0), element))
      }
      return .array(results)
    },
  ]

  private typealias Keyed = (element: JSONValue, key: JSONValue)

  /// Returns the elements of the first argument, each with the result of the second argument's expression.
  private static func keyed(
    _ interpreter: inout Interpreter, _ arguments: CheckedArguments, by types: [ParameterType]
  ) throws(JMESPathError) -> [Keyed] {
    var keyed: [Keyed] = []
    for element in arguments.array(0) {
      let key = try interpreter.evaluate(arguments.reference(1), element)
      let type = Argument.value(key).type
      guard types.contains(where: { $0.rawValue == type }) else {
        throw .invalidType(of: key.pythonText, arguments.name, expected: types, actual: type)
      }
      keyed.append((element, key))
    }
    return keyed
  }

  /// Returns the first element whose key sorts before all others by the comparator.
  private static func extreme(of elements: [Keyed], by comparator: Comparator) throws(JMESPathError) -> JSONValue {
    guard var best = elements.first else { return .null }
    for candidate in elements.dropFirst() where try candidate.key.isOrdered(comparator, best.key) { best = candidate }
    return best.element
  }

  /// Returns the elements sorted by their keys; equal ones keep their order, because Swift's sort is stable.
  ///
  /// All keys are numbers or all are strings, so every comparison is defined.
  private static func sorted(_ elements: [Keyed]) -> JSONValue {
    .array(elements.sorted { (try? $0.key.isOrdered(.less, $1.key)) == true }.map(\.element))
  }
}
