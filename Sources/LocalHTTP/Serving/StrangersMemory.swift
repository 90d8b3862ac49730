internal import Synchronization

/// The memory that holds parts of requests whose senders are not known to be admitted, over all connections of a server.
///
/// A request that arrives in one piece is answered in the same turn and not counted. Safe to use from any thread.
final class StrangersMemory: Sendable {
  /// Numbers the requests in the order in which the first part of each was kept.
  typealias Number = UInt64

  /// How to tell a connection that its request has to go.
  typealias Eviction = @Sendable (Number) -> Void

  private struct Holder {
    var byteCount: Int
    let evict: Eviction
  }

  private struct State {
    var limit: Int
    var total = 0
    var nextNumber: Number = 1
    var holders: [Number: Holder] = [:]

    mutating func remove(_ number: Number) -> Holder? {
      guard let holder = holders.removeValue(forKey: number) else { return nil }
      total -= holder.byteCount
      return holder
    }
  }

  private let state: Mutex<State>

  init(limit: Int) {
    state = Mutex(State(limit: limit))
  }

  func setLimit(_ limit: Int) {
    state.withLock { $0.limit = limit }
  }

  /// The number of bytes held now.
  var total: Int { state.withLock(\.total) }

  /// Counts what a request takes now, and evicts the oldest ones until all take no more than the limit.
  ///
  /// - Parameters:
  ///   - number: That of the request if it was counted before.
  ///   - evict: Called later, from any thread.
  /// - Returns: The number of the request; `nil` where it takes nothing any more.
  func hold(_ byteCount: Int, as number: Number?, _ evict: @escaping Eviction) -> Number? {
    let (held, evicted) = state.withLock { state -> (Number?, [(Number, Holder)]) in
      let former = number.flatMap { state.remove($0) }
      guard byteCount > 0 else { return (nil, []) }
      // It was evicted meanwhile, and is about to be told so.
      if number != nil, former == nil { return (number, []) }
      let held = number ?? state.nextNumber
      if number == nil { state.nextNumber += 1 }
      state.holders[held] = Holder(byteCount: byteCount, evict: former?.evict ?? evict)
      state.total += byteCount
      var evicted: [(Number, Holder)] = []
      while state.total > state.limit, let oldest = state.holders.keys.min(), let holder = state.remove(oldest) {
        evicted.append((oldest, holder))
      }
      return (held, evicted)
    }
    for (number, holder) in evicted { holder.evict(number) }
    return held
  }
}
