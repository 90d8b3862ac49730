internal import JSON

extension Function {
  static let textual: [String: Function] = [
    "starts_with": Function([.string], [.string]) { _, arguments in
      .boolean(arguments.string(0).utf8.starts(with: arguments.string(1).utf8))
    },
    "ends_with": Function([.string], [.string]) { _, arguments in
      .boolean(arguments.string(0).utf8.reversed().starts(with: arguments.string(1).utf8.reversed()))
    },
    "join": Function([.string], [.strings]) { (interpreter, arguments) throws(JMESPathError) in
      let separator = arguments.string(0)
      let parts = arguments.array(1).compactMap(\.string)
      for part in parts { try interpreter.charge(part.utf8.count + separator.utf8.count) }
      return .string(parts.joined(separator: separator))
    },
    "to_string": Function([]) { (interpreter, arguments) throws(JMESPathError) in
      let value = try arguments.value(0)
      if case .string = value { return value }
      var text: [UInt8] = []
      PythonJSONWriter(indentation: nil, escapesNonASCII: true).write(value, to: &text)
      try interpreter.charge(text.count)
      return .string(String(decoding: text, as: UTF8.self))
    },
  ]
}
