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
  /// Returns the names of the members whose values match, in the order in which the AWS CLI prints them.
  func names(where isIncluded: (JSONValue) -> Bool) -> [String] {
    members.filter { isIncluded($0.value) }.map(\.name).sortedByCodePoint()
  }
}

extension Sequence<String> {
  /// Sorts strings as Python does.
  func sortedByCodePoint() -> [String] {
    sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
