internal import Clocks

/// What happens to an entry by time alone.
extension CacheEntry {
  /// Does what is due: ends waits that took too long, erases what is over, fetches ahead.
  mutating func advance(now: Moment, settings: CacheSettings, actions: inout Actions) {
    endWaits(now: now, actions: &actions)
    let isWanted = isWarm || isRecent(now: now, settings: settings)
    if let held {
      let remaining = held.expiry.remaining(at: now)
      if remaining <= 0 {
        self.held = nil
        actions.append(.report(.lapsed(key)))
      }
      // Over already means that the machine slept or its clock was set: fetched at once as well.
      if remaining <= held.lead, flight == nil, retryAt <= now.boot {
        if isWanted {
          start(.background, now: now, actions: &actions)
        } else {
          self.held?.isLapsing = true
        }
      }
    } else if isWarm, flight == nil, retryAt <= now.boot {
      start(.background, now: now, actions: &actions)
    }
  }

  /// When `advance` has something to do next, milliseconds on the boot clock; `.max` if nothing is ahead.
  ///
  /// Holds as long as the wall clock is not set and nothing else changes the entry.
  func nextDue(now: Moment, settings: CacheSettings) -> Milliseconds {
    let waitEnds = flight?.waiters.first?.deadline ?? .max
    guard let held else {
      if flight != nil { return waitEnds }
      return isWarm ? retryAt : forgottenAt(settings: settings)
    }
    let over = now.boot + held.expiry.remaining(at: now)
    let refresh = flight == nil && !held.isLapsing ? max(over - held.lead, retryAt) : .max
    return min(waitEnds, over, refresh)
  }

  /// Whether nothing is lost with the entry: it holds no value, waits for none, and its last failure is old news.
  func isDisposable(now: Moment, settings: CacheSettings) -> Bool {
    guard held == nil, flight == nil, !isWarm else { return false }
    return lastError == nil || !isRecent(now: now, settings: settings)
  }

  private func isRecent(now: Moment, settings: CacheSettings) -> Bool {
    now.boot < forgottenAt(settings: settings)
  }

  private func forgottenAt(settings: CacheSettings) -> Milliseconds {
    lastAsked == .min ? .min : lastAsked + settings.idleAfter.milliseconds
  }

  private mutating func endWaits(now: Moment, actions: inout Actions) {
    guard let waiters = flight?.waiters, let first = waiters.first, first.deadline <= now.boot else { return }
    let late = waiters.prefix { $0.deadline <= now.boot }
    flight?.waiters.removeFirst(late.count)
    settle(Array(late), error: .requestTimedOut, now: now, actions: &actions)
  }
}
