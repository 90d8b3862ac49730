internal import Clocks

/// What happens to an entry by time alone.
extension CacheEntry {
  /// Does what is due: ends waits that took too long, erases what is over, fetches ahead.
  mutating func advance(now: Moment, terms: Terms, actions: inout Actions) {
    endWaits(now: now, actions: &actions)
    let isWanted = isWarm || isRecent(now: now, terms: terms)
    if let held {
      let remaining = held.expiry.remaining(at: now)
      if remaining <= 0 {
        self.held = nil
        actions.append(.report(.lapsed(key)))
      }
      // Over already means that the machine slept or its clock was set: fetched at once as well.
      if remaining <= lead(of: held, terms: terms), flight == nil, !terms.isSuspended, pacing.retryAt <= now.boot {
        if isWanted {
          start(.background, now: now, actions: &actions)
        } else {
          self.held?.isLapsing = true
        }
      }
    } else if isWarm, flight == nil, !terms.isSuspended, postponed.isEmpty, pacing.retryAt <= now.boot {
      start(.background, now: now, actions: &actions)
    }
    if !postponed.isEmpty, pacing.retryAt <= now.boot {
      start(liveValue(at: now) == nil ? .miss : .forced, now: now, actions: &actions)
    }
  }

  /// When `advance` has something to do next, milliseconds on the boot clock; `.max` if nothing is ahead.
  ///
  /// Holds as long as the wall clock is not set and nothing else changes the entry.
  func nextDue(now: Moment, terms: Terms) -> Milliseconds {
    var waitEnds = flight?.waiters.first?.deadline ?? .max
    if let first = postponed.first { waitEnds = min(first.deadline, pacing.retryAt) }
    guard let held else {
      if flight != nil || !postponed.isEmpty { return waitEnds }
      guard isWarm else { return forgottenAt(terms: terms) }
      return terms.isSuspended ? .max : pacing.retryAt
    }
    let over = now.boot + held.expiry.remaining(at: now)
    let refresh =
      flight == nil && !held.isLapsing && !terms.isSuspended
      ? max(over - lead(of: held, terms: terms), pacing.retryAt) : .max
    return min(waitEnds, over, refresh)
  }

  /// Whether nothing is lost with the entry: it holds no value, waits for none, and its last failure is old news.
  func isDisposable(now: Moment, terms: Terms) -> Bool {
    guard held == nil, !isAwaited, !isWarm else { return false }
    return lastError == nil && pacing.throttle == nil || !isRecent(now: now, terms: terms)
  }

  /// Whether a fetch is under way, or callers wait for one to start.
  var isAwaited: Bool { flight != nil || !postponed.isEmpty }

  private func isRecent(now: Moment, terms: Terms) -> Bool {
    now.boot < forgottenAt(terms: terms)
  }

  /// When a key that is not warm counts as forgotten.
  ///
  /// While the quota is scarce, one that nobody asked for during half a life takes no call from the others.
  private func forgottenAt(terms: Terms) -> Milliseconds {
    guard lastAsked != .min else { return .min }
    let idleAfter = terms.settings.idleAfter.milliseconds
    guard terms.isScarce, let held else { return lastAsked + idleAfter }
    return lastAsked + min(idleAfter, held.expiry.lifetime / 2)
  }

  private func lead(of held: HeldValue<Source.Value>, terms: Terms) -> Milliseconds {
    terms.isScarce ? min(held.lead, RefreshTiming.longestScarceLead) : held.lead
  }

  private mutating func endWaits(now: Moment, actions: inout Actions) {
    let waiters = flight?.waiters ?? postponed
    guard let first = waiters.first, first.deadline <= now.boot else { return }
    let late = waiters.prefix { $0.deadline <= now.boot }
    if flight == nil { postponed.removeFirst(late.count) } else { flight?.waiters.removeFirst(late.count) }
    settle(Array(late), error: .requestTimedOut, now: now, actions: &actions)
  }
}
