internal import Clocks
internal import RefreshingCache
internal import Synchronization
internal import System

/// How drops reach the whole fleet, and how those of others are heard of.
extension FleetSource {
  private static let firstPause: Milliseconds = 1_000
  private static let longestPause: Milliseconds = 30_000

  /// Keeps in mind that a generation is void, and takes its tokens out of the cache.
  func noteDrop(_ generation: String) {
    let now = clock.now.boot
    for key in state.withLock({ $0.tokens.drop(generation, now: now) }) { void(key) }
  }

  /// Makes a drop in the store, and repeats it until it is lasting.
  func drop(_ drop: PendingDrop, known generation: String? = nil) async {
    let count = state.withLock { state in
      state.pendingDrops[drop] = clock.now.boot + SharedTokens.dropMemory
      return state.pendingDrops.count
    }
    observe(.dropsPending(count))
    await attempt(drop, known: generation)
    state.withLock { state in
      guard !state.pendingDrops.isEmpty, state.repeating == nil else { return }
      state.repeating = Task(executorPreference: TaskPool.shared) { [weak self] in
        var pause = Self.firstPause
        while let self, !Task.isCancelled {
          guard (try? await clock.pause(pause + jitter.upTo(pause / 4))) != nil else { return }
          pause = min(Self.longestPause, 2 * pause)
          if await repeatDrops() { return }
        }
      }
    }
  }

  /// Tries the drops that are not lasting yet; returns whether none is left.
  private func repeatDrops() async -> Bool {
    let now = clock.now.boot
    for (drop, end) in state.withLock({ $0.pendingDrops }) {
      if end <= now { settle(drop) } else { await attempt(drop) }
    }
    return state.withLock { state in
      guard state.pendingDrops.isEmpty else { return false }
      state.repeating = nil
      return true
    }
  }

  /// What was dropped is named from then on, so that a repetition leaves alone what came after.
  private func attempt(_ pending: PendingDrop, known generation: String? = nil) async {
    let outcome: FleetDropOutcome
    do throws(FleetStoreFailure) { outcome = try await store.drop(pending.drop, in: pending.region) } catch {
      // What is repeated leaves alone what may have come after.
      guard let generation, pending.drop.generation == nil else { return }
      return state.withLock { state in
        guard let end = state.pendingDrops.removeValue(forKey: pending) else { return }
        state.pendingDrops[PendingDrop(pending.region, pending.drop.names, generation)] = end
      }
    }
    for generation in outcome.generations { noteDrop(generation) }
    let end = state.withLock { $0.pendingDrops[pending] }
    guard !outcome.isLasting, let end else { return settle(pending) }
    guard pending.drop.generation == nil else { return }
    state.withLock { state in
      state.pendingDrops[pending] = nil
      for generation in Set(outcome.generations + [generation].compactMap(\.self)) {
        state.pendingDrops[PendingDrop(pending.region, pending.drop.names, generation)] = end
      }
    }
    tellPending()
  }

  private func settle(_ drop: PendingDrop) {
    state.withLock { $0.pendingDrops[drop] = nil }
    tellPending()
  }

  private func tellPending() { observe(.dropsPending(state.withLock { $0.pendingDrops.count })) }

  /// Looks for what was dropped while nothing was heard.
  func compareGenerations(in region: String) async {
    var pause: Milliseconds = 500
    while !Task.isCancelled {
      let names = state.withLock { state in state.tokens.held.values.filter { $0.region == region }.flatMap(\.names) }
      do throws(FleetStoreFailure) {
        for start in stride(from: 0, to: names.count, by: 100) {
          let batch = Array(names[start..<min(start + 100, names.count)])
          let found = zip(batch, try await store.generations(of: batch, in: region))
          let generations = Dictionary(
            found.compactMap { name, generation in generation.map { (name, $0) } },
            uniquingKeysWith: { first, _ in first })
          let now = clock.now.boot
          for key in state.withLock({ $0.tokens.compare(generations, now: now) }) { void(key) }
        }
        return
      } catch {
        guard (try? await clock.pause(pause)) != nil else { return }
        pause = min(2 * pause, 4_000)
      }
    }
  }
}
