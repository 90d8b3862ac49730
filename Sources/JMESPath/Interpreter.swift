internal import JSON

/// Applies a syntax tree to a value.
struct Interpreter {
  private var budget = 1_000_000

  /// Counts the values, or bytes of text, that an expression creates.
  ///
  /// A short expression can double a value many times.
  mutating func charge(_ cost: Int) throws(JMESPathError) {
    budget -= cost
    guard budget >= 0 else {
      throw JMESPathError(.limitExceeded, "The jmespath expression makes too many values.")
    }
  }

  /// Counts a value that is used again, and every value inside it.
  private mutating func chargeCopy(_ value: JSONValue) throws(JMESPathError) {
    try charge(1)
    switch value {
    case .array(let elements): for element in elements { try chargeCopy(element) }
    case .object(let object): for member in object.members { try chargeCopy(member.value) }
    default: break
    }
  }

  mutating func evaluate(_ expression: Expression, _ value: JSONValue) throws(JMESPathError) -> JSONValue {
    try charge(1)
    switch expression {
    case .current: return value
    case .field(let name): return value[name] ?? .null
    case .literal(let literal): return literal
    case .index(let place): return element(at: place, of: value)
    case .slice(let slice):
      guard case .array(let elements) = value else { return .null }
      return .array(try slice.elements(of: elements))
    case .sequence(let parts), .indexed(let parts): return try sequence(parts, value)
    case .flatten(let base): return try flatten(try evaluate(base, value))
    case .projection(let base, let right): return try project(right, try evaluate(base, value).array)
    case .valueProjection(let base, let right): return try project(right, try evaluate(base, value).memberValues)
    case .filterProjection(let base, let condition, let right):
      return try project(right, try evaluate(base, value).array, where: condition)
    case .multiSelectList(let elements): return try multiSelect(elements, value)
    case .multiSelectHash(let members): return try multiSelect(members, value)
    case .or(let left, let right): return try junction(left, right, value, stopsAtTrue: true)
    case .and(let left, let right): return try junction(left, right, value, stopsAtTrue: false)
    case .not(let operand): return .boolean(!(try evaluate(operand, value).isTrue))
    case .comparison(let left, let comparator, let right): return try compare(left, comparator, right, value)
    case .call(let name, let arguments): return try call(name, arguments, value)
    case .reference:
      throw JMESPathError(.invalidType, "An expression reference can only be an argument of a function that takes one.")
    }
  }

  private func element(at place: Int, of value: JSONValue) -> JSONValue {
    guard case .array(let elements) = value else { return .null }
    let place = place < 0 ? place + elements.count : place
    return elements.indices.contains(place) ? elements[place] : .null
  }

  private mutating func sequence(_ parts: [Expression], _ value: JSONValue) throws(JMESPathError) -> JSONValue {
    var result = value
    for part in parts { result = try evaluate(part, result) }
    return result
  }

  private mutating func flatten(_ value: JSONValue) throws(JMESPathError) -> JSONValue {
    guard case .array(let elements) = value else { return .null }
    var merged: [JSONValue] = []
    for element in elements {
      let inner = element.array ?? [element]
      try charge(inner.count)
      merged += inner
    }
    return .array(merged)
  }

  private mutating func project(
    _ right: Expression, _ elements: [JSONValue]?, where condition: Expression? = nil
  ) throws(JMESPathError) -> JSONValue {
    guard let elements else { return .null }
    var collected: [JSONValue] = []
    for element in elements {
      if let condition, !(try evaluate(condition, element).isTrue) { continue }
      let result = try evaluate(right, element)
      if result != .null { collected.append(result) }
    }
    return .array(collected)
  }

  private mutating func multiSelect(_ elements: [Expression], _ value: JSONValue) throws(JMESPathError) -> JSONValue {
    if case .null = value { return .null }
    var collected: [JSONValue] = []
    for element in elements {
      let result = try evaluate(element, value)
      try chargeCopy(result)
      collected.append(result)
    }
    return .array(collected)
  }

  private mutating func multiSelect(
    _ members: [(name: String, value: Expression)], _ value: JSONValue
  ) throws(JMESPathError) -> JSONValue {
    if case .null = value { return .null }
    var collected = JSONObject()
    for member in members {
      let result = try evaluate(member.value, value)
      try chargeCopy(result)
      collected[member.name] = result
    }
    return .object(collected)
  }

  private mutating func junction(
    _ left: Expression, _ right: Expression, _ value: JSONValue, stopsAtTrue: Bool
  ) throws(JMESPathError) -> JSONValue {
    let result = try evaluate(left, value)
    return result.isTrue == stopsAtTrue ? result : try evaluate(right, value)
  }

  private mutating func compare(
    _ left: Expression, _ comparator: Comparator, _ right: Expression, _ value: JSONValue
  ) throws(JMESPathError) -> JSONValue {
    let left = try evaluate(left, value)
    let right = try evaluate(right, value)
    switch comparator {
    case .equal: return .boolean(left.equals(right))
    case .notEqual: return .boolean(!left.equals(right))
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard left.isOrdered, right.isOrdered else { return .null }
      return .boolean(try left.isOrdered(comparator, right))
    }
  }

  private mutating func call(
    _ name: String, _ arguments: [Expression], _ value: JSONValue
  ) throws(JMESPathError) -> JSONValue {
    var evaluated: [Argument] = []
    for argument in arguments {
      if case .reference(let expression) = argument {
        evaluated.append(.reference(expression))
      } else {
        evaluated.append(.value(try evaluate(argument, value)))
      }
    }
    guard let function = Function.all[name] else {
      throw JMESPathError(.unknownFunction, "Unknown function: \(name)()")
    }
    let checked = try function.check(evaluated, name: name)
    return try function.body(&self, checked)
  }
}

extension JSONValue {
  /// Returns whether a value is true: all are but `false`, `null` and empty ones; 0 is true.
  var isTrue: Bool {
    switch self {
    case .null: false
    case .boolean(let value): value
    case .number: true
    case .string(let text): !text.isEmpty
    case .array(let elements): !elements.isEmpty
    case .object(let object): !object.members.isEmpty
    }
  }

  fileprivate var memberValues: [JSONValue]? {
    guard case .object(let object) = self else { return nil }
    return object.members.map(\.value)
  }
}
