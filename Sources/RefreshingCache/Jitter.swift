public import Clocks

/// The source of randomness, as a value that tests replace.
public struct Jitter: Sendable {
  /// A number from 0 to the given one, both included.
  public let upTo: @Sendable (Milliseconds) -> Milliseconds

  /// Makes a source that draws with `upTo`.
  public init(upTo: @escaping @Sendable (Milliseconds) -> Milliseconds) {
    self.upTo = upTo
  }

  /// Draws from the system's random numbers.
  public static let random = Jitter { limit in Milliseconds.random(in: 0...max(0, limit)) }
}
