import Synchronization

/// Counts from 1.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  func next() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
}
