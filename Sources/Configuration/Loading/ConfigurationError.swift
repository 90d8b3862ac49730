/// All problems of a configuration, so that one attempt corrects them.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line each: where, what was found, what is allowed.
  package let problems: [String]

  package init(_ problems: [String]) {
    self.problems = problems
  }

  package var description: String {
    problems.joined(separator: "\n")
  }
}

/// The reason why a key refuses a value.
struct ValueRefusal: Error, Sendable, Equatable {
  /// The value, or the element of it, that is wrong.
  let value: ConfigurationValue
  /// What is allowed, as a sentence.
  let reason: String
}

extension ValueRefusal {
  /// Says what is expected, and what was probably meant, as in `write "30s"`.
  init(value: ConfigurationValue, expectation: String, mend: String?) {
    self.init(value: value, reason: "\(expectation) is expected\(mend.map { "; \($0)" } ?? "")")
  }
}
