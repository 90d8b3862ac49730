extension JSONValue {
  /// Parses one JSON text.
  ///
  /// Throws if it is not exactly one, is not UTF-8 or nests deeper than `JSONScanner.maxDepth`.
  package init(parsing text: Span<UInt8>) throws(JSONError) {
    var scanner = JSONScanner()
    self = try Self.value(&scanner, text)
    try scanner.finish(text)
  }

  package init(parsing text: [UInt8]) throws(JSONError) {
    try self.init(parsing: text.span)
  }

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }

  private static func value(_ scanner: inout JSONScanner, _ text: Span<UInt8>) throws(JSONError) -> JSONValue {
    switch try scanner.peek(text) {
    case .null:
      try scanner.literal("null", text)
      return .null
    case .boolean(let value):
      try scanner.literal(value ? "true" : "false", text)
      return .boolean(value)
    case .number:
      return .number(try scanner.number(text))
    case .string:
      return .string(try scanner.string(text))
    case .array:
      var elements: [JSONValue] = []
      try scanner.enter(text)
      while try scanner.nextElement(text, isFirst: elements.isEmpty) {
        elements.append(try value(&scanner, text))
      }
      return .array(elements)
    case .object:
      var object = JSONObject()
      var isFirst = true
      try scanner.enter(text)
      while let name = try scanner.nextName(text, isFirst: isFirst) {
        object[name] = try value(&scanner, text)
        isFirst = false
      }
      return .object(object)
    }
  }
}
