internal import Clocks

/// What happens to an entry by time alone.
extension EntryState {
  /// Does what is due: ends waits that took too long, erases what is over, fetches ahead.
  mutating func advance(now: Moment, settings: BrokerSettings, actions: inout [Action]) {
    endWaits(now: now, actions: &actions)
    let isWanted = isWarm || isRecent(now: now, settings: settings)
    if let token {
      let remaining = token.expiry.remaining(at: now)
      if remaining <= 0 {
        self.token = nil
        actions.append(.report(.lapsed(key)))
      }
      // Over already means that the machine slept or its clock was set: fetched at once as well.
      if remaining <= token.lead, fetch == nil, retryAt <= now.boot {
        if isWanted {
          start(.background, now: now, actions: &actions)
        } else {
          self.token?.isLapsing = true
        }
      }
    } else if isWarm, fetch == nil, retryAt <= now.boot {
      start(.background, now: now, actions: &actions)
    }
  }

  /// When `advance` has something to do next, milliseconds on the boot clock.
  func nextDue(now: Moment, settings: BrokerSettings) -> Int64 {
    let waitEnds = fetch?.waiters.first?.deadline ?? .max
    guard let token else {
      if fetch != nil { return waitEnds }
      return isWarm ? retryAt : forgottenAt(settings: settings)
    }
    let remaining = token.expiry.remaining(at: now)
    let over = now.boot + remaining
    let refresh = fetch == nil && !token.isLapsing ? max(over - token.lead, retryAt) : .max
    return min(waitEnds, over, refresh)
  }

  /// Whether nothing is lost with the entry: it holds no token, waits for none, and its last failure is old news.
  func isDisposable(now: Moment, settings: BrokerSettings) -> Bool {
    guard token == nil, fetch == nil, !isWarm else { return false }
    return lastError == nil || !isRecent(now: now, settings: settings)
  }

  private func isRecent(now: Moment, settings: BrokerSettings) -> Bool {
    now.boot < forgottenAt(settings: settings)
  }

  private func forgottenAt(settings: BrokerSettings) -> Int64 {
    lastAsked == .min ? .min : lastAsked + settings.idleAfter.milliseconds
  }

  private mutating func endWaits(now: Moment, actions: inout [Action]) {
    guard let waiters = fetch?.waiters, let first = waiters.first, first.deadline <= now.boot else { return }
    let late = waiters.prefix { $0.deadline <= now.boot }
    fetch?.waiters.removeFirst(late.count)
    settle(Array(late), error: .requestTimedOut, now: now, actions: &actions)
  }
}
