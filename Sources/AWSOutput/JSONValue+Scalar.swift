internal import JSON

extension JSONValue {
  var isObject: Bool {
    if case .object = self { true } else { false }
  }

  var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}

extension JSONObject {
  /// The names of the members whose values are asked for, in the order the AWS CLI prints them.
  func names(where isIncluded: (JSONValue) -> Bool) -> [String] {
    members.filter { isIncluded($0.value) }.map(\.name).sortedByCodePoint()
  }
}

extension Sequence<String> {
  /// In Python's order of strings.
  func sortedByCodePoint() -> [String] {
    sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
