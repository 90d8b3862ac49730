package import Secrets

/// A JSON text in secret memory, looked into where it lies: only the values asked for are copied out, and secret ones
/// into secret memory.
package struct SecretJSON: Sendable {
  private let text: Secret
  /// Where this value begins.
  private let start: Int

  /// Checks the whole text.
  package init(parsing text: Secret) throws(JSONError) {
    try text.withBytes { (bytes) throws(JSONError) in
      var scanner = JSONScanner()
      try scanner.skipValue(bytes)
      try scanner.finish(bytes)
    }
    self.init(text: text, start: 0)
  }

  private init(text: Secret, start: Int) {
    self.text = text
    self.start = start
  }

  /// The value of the member of that name (the last one, where several have it); `nil` if this is no object, it has no
  /// such member, or the value is `null`.
  package subscript(_ name: String) -> SecretJSON? {
    let found = scan { (scanner, bytes, kind) throws(JSONError) -> Int? in
      guard case .object = kind else { return nil }
      var found: Int?
      var isFirst = true
      try scanner.enter(bytes)
      while let next = try scanner.nextName(bytes, isFirst: isFirst) {
        let value = scanner.position
        if next == name {
          if case .null = try scanner.peek(bytes) { found = nil } else { found = value }
        }
        try scanner.skipValue(bytes)
        isFirst = false
      }
      return found
    }
    return found.map { SecretJSON(text: text, start: $0) }
  }

  /// The members of this object in their order, each value as its JSON text; empty where this is no object.
  package var members: [(name: String, text: Secret)] {
    scan { (scanner, bytes, kind) throws(JSONError) -> [(name: String, text: Secret)]? in
      guard case .object = kind else { return nil }
      var members: [(name: String, text: Secret)] = []
      try scanner.enter(bytes)
      while let name = try scanner.nextName(bytes, isFirst: members.isEmpty) {
        let start = scanner.position
        try scanner.skipValue(bytes)
        let value = bytes.extracting(start..<scanner.position)
        members.append((name, Secret(capacity: value.count) { $0.append(contentsOf: value) }))
      }
      return members
    } ?? []
  }

  package var isObject: Bool {
    scan { (_, _, kind) throws(JSONError) -> Bool? in
      if case .object = kind { true } else { nil }
    } ?? false
  }

  /// The text of a string, where this is one and it is UTF-8.
  package var string: String? {
    scan { (scanner, bytes, kind) throws(JSONError) -> String? in
      guard case .string = kind else { return nil }
      return try scanner.string(bytes)
    }
  }

  /// The text of a string, where this is one, without a copy of it in ordinary memory.
  ///
  /// Its UTF-8 is not checked.
  package var secretString: Secret? {
    scan { (scanner, bytes, kind) throws(JSONError) -> Secret? in
      guard case .string = kind else { return nil }
      return try Secret(capacity: 256) { (builder) throws(JSONError) in
        try scanner.string(bytes) { builder.append($0) }
      }
    }
  }

  /// The text of a number, where this is one.
  package var number: String? {
    scan { (scanner, bytes, kind) throws(JSONError) -> String? in
      guard case .number = kind else { return nil }
      return try scanner.number(bytes)
    }
  }

  private func scan<Result>(
    _ body: (inout JSONScanner, Span<UInt8>, JSONScanner.Kind) throws(JSONError) -> Result?
  ) -> Result? {
    text.withBytes { bytes in
      var scanner = JSONScanner(position: start)
      do {
        let kind = try scanner.peek(bytes)
        return try body(&scanner, bytes, kind)
      } catch {
        // The text was checked, but for UTF-8: a string that is not has no value.
        return nil
      }
    }
  }
}
