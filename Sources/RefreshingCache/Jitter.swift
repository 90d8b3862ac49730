public import Clocks

/// The source of randomness, as a value that tests replace.
public struct Jitter: Sendable {
  /// A number from 0 to the given one, both included.
  public let upTo: @Sendable (Milliseconds) -> Milliseconds

  public init(upTo: @escaping @Sendable (Milliseconds) -> Milliseconds) {
    self.upTo = upTo
  }

  public static let random = Jitter { limit in Milliseconds.random(in: 0...max(0, limit)) }
}
