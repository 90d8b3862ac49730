internal import Clocks

extension TokenCacheState {
  /// What people may see of each entry, in no order.
  func snapshot(now: Moment) -> [EntrySnapshot] {
    entries.values.map { entry in
      let token = entry.liveToken(at: now)
      let state: EntrySnapshot.State =
        switch (token == nil, entry.fetch == nil) {
        case (true, true): .empty
        case (true, false): .fetching
        case (false, true): .live
        case (false, false): .refreshing
        }
      return EntrySnapshot(
        key: entry.key, state: state, isWarm: entry.isWarm, expiration: token?.expiration,
        remaining: token.map { Int($0.expiry.remaining(at: now) / 1000) }, lastRefresh: entry.lastRefresh,
        lastError: entry.lastError)
    }
  }

  /// The warm keys without a live token.
  func missingWarmKeys(now: Moment) -> [TokenKey] {
    entries.values.filter { $0.isWarm && $0.liveToken(at: now) == nil }.map(\.key)
  }
}
