/// Where chance comes from, as a value that tests replace.
package struct Jitter: Sendable {
  /// A number from 0 to the given one, both included.
  let upTo: @Sendable (Int64) -> Int64

  package init(upTo: @escaping @Sendable (Int64) -> Int64) {
    self.upTo = upTo
  }

  package static let random = Jitter { limit in Int64.random(in: 0...max(0, limit)) }
}
