/// The type and the range of a key's values: how to read and write one, and how to describe them.
struct ValueForm<Value: Sendable>: Sendable {
  /// Completes "… is expected": names type and range.
  let expectation: String
  let parse: @Sendable (ConfigurationValue) throws(ValueRefusal) -> Value
  /// What a shell can offer as a value.
  var values = Setting.Values.any
  /// The value as `parse` would take it from a file; `nil` where there is none.
  let render: @Sendable (Value) -> ConfigurationValue?

  init(
    expecting expectation: String,
    parse: @escaping @Sendable (ConfigurationValue) throws(ValueRefusal) -> Value,
    render: @escaping @Sendable (Value) -> ConfigurationValue?
  ) {
    self.expectation = expectation
    self.parse = parse
    self.render = render
  }

  /// Creates a form whose `accept` returns `nil` for values that it refuses.
  ///
  /// `mend` says what was probably meant by such a value, as in `write "30s"`; `nil` where nobody can tell.
  init(
    expecting expectation: String,
    accept: @escaping @Sendable (ConfigurationValue) -> Value?,
    mend: @escaping @Sendable (ConfigurationValue) -> String? = { _ in nil },
    render: @escaping @Sendable (Value) -> ConfigurationValue?
  ) {
    self.init(
      expecting: expectation,
      parse: { (value) throws(ValueRefusal) in
        guard let accepted = accept(value) else {
          throw ValueRefusal(value: value, expectation: expectation, mend: mend(value))
        }
        return accepted
      },
      render: render)
  }

  /// Creates a form whose values are strings in every source.
  init(
    expecting expectation: String,
    acceptText: @escaping @Sendable (String) -> Value?,
    mendText: @escaping @Sendable (String) -> String? = { _ in nil },
    renderText: @escaping @Sendable (Value) -> String
  ) {
    self.init(
      expecting: expectation,
      accept: { value in
        switch value {
        case .raw(let text), .string(let text): acceptText(text)
        default: nil
        }
      },
      mend: { value in
        switch value {
        case .raw(let text), .string(let text): mendText(text)
        case .integer, .number, .boolean:
          acceptText(value.excerpt) == nil ? mendText(value.excerpt) : "write \"\(value.excerpt)\", in quotation marks"
        case .list, .table: nil
        }
      },
      render: { .string(renderText($0)) })
  }

  /// The form of a key that may be left unset.
  var optional: ValueForm<Value?> {
    var form = ValueForm<Value?>(
      expecting: expectation,
      parse: { (value) throws(ValueRefusal) in try self.parse(value) },
      render: { value in value.flatMap(self.render) })
    form.values = values
    return form
  }
}

extension ValueForm where Value == Bool {
  static var boolean: Self {
    Self(
      expecting: "true or false",
      accept: { value in
        switch value {
        case .boolean(let flag): flag
        case .raw("true"), .raw("1"): true
        case .raw("false"), .raw("0"): false
        default: nil
        }
      },
      mend: { value in
        switch value {
        case .raw(let text), .string(let text):
          switch text.lowercased() {
          case "true", "yes", "on", "1", "y": "write true"
          case "false", "no", "off", "0", "n": "write false"
          default: nil
          }
        case .integer(1): "write true"
        case .integer(0): "write false"
        default: nil
        }
      },
      render: { .boolean($0) })
  }
}

extension ValueForm {
  /// Returns a list that holds each element once; an environment variable separates them by commas.
  static func list<Element: Hashable>(
    of element: ValueForm<Element>, count: ClosedRange<Int>
  ) -> Self where Value == [Element] {
    let length = count.lowerBound == 0 ? "at most \(count.upperBound)" : "\(count.lowerBound) to \(count.upperBound)"
    let expectation = "a list of \(length) (each \(element.expectation))"
    return Self(
      expecting: expectation,
      parse: { (value) throws(ValueRefusal) in
        let given: [ConfigurationValue]
        switch value {
        case .list(let elements): given = elements
        case .raw(let text):
          given = text.split(separator: ",", omittingEmptySubsequences: false).map { .raw($0.trimmingSpaces) }
        default: throw ValueRefusal(value: value, expectation: expectation, mend: bracketed(value))
        }
        guard count.contains(given.count) else {
          throw ValueRefusal(value: value, reason: "\(expectation) is expected, not \(given.count)")
        }
        var elements: [Element] = []
        var seen: Set<Element> = []
        for item in given {
          let parsed = try element.parse(item)
          guard seen.insert(parsed).inserted else { throw ValueRefusal(value: item, reason: "it is listed twice") }
          elements.append(parsed)
        }
        return elements
      },
      render: { elements in .list(elements.compactMap(element.render)) })
  }

  /// Returns how to write a single value, or texts with commas between them, as a list.
  private static func bracketed(_ value: ConfigurationValue) -> String? {
    guard case .string(let text) = value else {
      if case .integer = value { return "write [\"\(value.excerpt)\"], in brackets" }
      return nil
    }
    let words = text.split(separator: ",").map(\.trimmingSpaces).filter { !$0.isEmpty }
    guard !words.isEmpty, words.count <= 8 else { return nil }
    return "write [\(words.map { "\"\($0.excerpt)\"" }.joined(separator: ", "))], in brackets"
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
