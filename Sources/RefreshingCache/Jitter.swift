package import Clocks

/// The source of randomness, as a value that tests replace.
package struct Jitter: Sendable {
  /// A number from 0 to the given one, both included.
  package let upTo: @Sendable (Milliseconds) -> Milliseconds

  package init(upTo: @escaping @Sendable (Milliseconds) -> Milliseconds) {
    self.upTo = upTo
  }

  package static let random = Jitter { limit in Milliseconds.random(in: 0...max(0, limit)) }
}
