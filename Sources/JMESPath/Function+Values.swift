internal import JSON

extension Function {
  static let ofAnything: [String: Function] = [
    "type": Function([]) { (_, arguments) throws(JMESPathError) in
      .string(Argument.value(try arguments.value(0)).type)
    },
    "to_array": Function([]) { (_, arguments) throws(JMESPathError) in
      let value = try arguments.value(0)
      return .array(value.array ?? [value])
    },
    "not_null": Function([], isVariadic: true) { (_, arguments) throws(JMESPathError) in
      for index in arguments.arguments.indices {
        let value = try arguments.value(index)
        if value != .null { return value }
      }
      return .null
    },
    "length": Function([.string, .array, .object]) { (_, arguments) throws(JMESPathError) in
      switch try arguments.value(0) {
      case .array(let elements): JSONValue(.integer(Int128(elements.count)))
      case .object(let object): JSONValue(.integer(Int128(object.members.count)))
      default: JSONValue(.integer(Int128(arguments.string(0).unicodeScalars.count)))
      }
    },
    "reverse": Function([.array, .string]) { (_, arguments) throws(JMESPathError) in
      if case .array(let elements) = try arguments.value(0) { return .array(elements.reversed()) }
      return .string(String(String.UnicodeScalarView(arguments.string(0).unicodeScalars.reversed())))
    },
    "contains": Function([.array, .string], []) { (_, arguments) throws(JMESPathError) in
      let sought = try arguments.value(1)
      if case .array(let elements) = try arguments.value(0) {
        return .boolean(elements.contains { $0.isEqualInPython(to: sought) })
      }
      guard case .string(let part) = sought else {
        throw JMESPathError(
          .invalidType, "'in <string>' requires string as left operand, not \(sought.pythonTypeName)")
      }
      return .boolean(Array(arguments.string(0).utf8).contains(Array(part.utf8)))
    },
    "keys": Function([.object]) { _, arguments in
      .array(arguments.object(0).members.map { .string($0.name) })
    },
    "values": Function([.object]) { _, arguments in
      .array(arguments.object(0).members.map(\.value))
    },
    "merge": Function([.object], isVariadic: true) { (_, arguments) throws(JMESPathError) in
      var merged = JSONObject()
      for index in arguments.arguments.indices {
        switch try arguments.value(index) {
        case .object(let object): for member in object.members { merged[member.name] = member.value }
        case .array([]), .string(""): break
        case let value:
          throw JMESPathError(.invalidType, "'\(value.pythonTypeName)' object is not iterable")
        }
      }
      return .object(merged)
    },
  ]
}
