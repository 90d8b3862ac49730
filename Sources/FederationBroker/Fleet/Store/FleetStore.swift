package import Clocks
package import Secrets

/// What the daemons of a fleet share: the order of their calls, and where tokens are shared, those too.
///
/// Each method is one step, atomic and by the store's own clock, so that no clocks of daemons are compared. One that throws
/// has left nothing that must be undone. Methods may be called from any thread.
package protocol FleetStore: Sendable {
  /// Whether the store answered when it was last asked; while it did not, every step throws at once.
  var isUp: Bool { get }

  /// Looks for an entry, and reserves a place in the order of calls where there is none.
  func take(_ want: FleetWant) async throws(FleetStoreFailure) -> FleetTaken

  /// Stores what a call brought.
  func put(_ entry: SealedEntry, in region: String) async throws(FleetStoreFailure) -> FleetPutOutcome

  /// Gives a lease back after a call that failed.
  func fail(_ failure: FleetCallFailure, in region: String) async throws(FleetStoreFailure)

  /// Removes an entry for all daemons, and voids the calls for it that are under way.
  func drop(_ drop: FleetDrop, in region: String) async throws(FleetStoreFailure) -> FleetDropOutcome

  /// Returns the generation that each name has now, in hexadecimal; `nil` for one without an entry.
  func generations(of names: [String], in region: String) async throws(FleetStoreFailure) -> [String?]

  /// What other daemons did, and gaps in hearing of it; for one task.
  var changes: AsyncStream<FleetChange> { get }
}

/// Why a step of a store was not done.
package struct FleetStoreFailure: Error, Sendable, Equatable {
  /// For people; no secret.
  package let message: String
  /// A word for metrics.
  package let label: String

  package init(_ message: String, label: String) {
    self.message = message
    self.label = label
  }
}

/// What a daemon wants of the store before a call.
package struct FleetWant: Sendable, Equatable {
  package let region: String
  /// What the entry may be called, first the name that this daemon gives it; empty where no tokens are shared.
  package var names: [String] = []
  /// Who asks; no other daemon's, nor another call's.
  package var owner = ""
  /// The expiry of the token that is held already, epoch milliseconds: only one that expires later is of use.
  package var knownExpiry: Milliseconds = 0
  /// How far away a place may be, in milliseconds.
  package let longestWait: Milliseconds
  /// How long the call may take from its place on.
  package var callTime: Milliseconds = 0
  /// Whether a caller waits who has no live token.
  package let isUrgent: Bool

  package init(region: String, longestWait: Milliseconds, isUrgent: Bool) {
    self.region = region
    self.longestWait = longestWait
    self.isUrgent = isUrgent
  }
}

/// What a store answers to a `FleetWant`; times are milliseconds from now on.
package enum FleetTaken: Sendable, Equatable {
  /// There is an entry, of which so much life is left by the store's clock.
  case present(SealedEntry, left: Milliseconds)
  /// Another daemon is calling; asking again makes sense after so long, or once it is done.
  case leased(Milliseconds)
  /// The place for a call is the daemon's own, after so long.
  case yours(wait: Milliseconds, generation: String)
  /// The place is further away than the daemon wants to wait; nothing was reserved.
  case queue(Milliseconds)
}

/// An entry as it is stored.
package struct SealedEntry: Sendable, Equatable {
  /// What it is called.
  package let name: String
  /// Who stores it; empty for one that was read.
  package var owner = ""
  /// In hexadecimal: what a drop changes.
  package let generation: String
  /// By AWS's clock, epoch milliseconds.
  package let expiry: Milliseconds
  /// Milliseconds that are left when it is stored.
  package var left: Milliseconds = 0
  /// Encrypted.
  package let content: Secret

  package init(name: String, generation: String, expiry: Milliseconds, content: Secret) {
    self.name = name
    self.generation = generation
    self.expiry = expiry
    self.content = content
  }
}

package enum FleetPutOutcome: String, Sendable {
  case stored
  /// The entry that is there expires later.
  case superseded
  /// The entry was dropped while the call was under way, or is gone.
  case dropped
}

/// A call failed.
package struct FleetCallFailure: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// Others use the quota as well: the order of calls moves on.
    case throttled
    /// Background calls for the entry wait so many milliseconds.
    case failed(pause: Milliseconds)
  }

  /// The entry of which the call was; `nil` where no tokens are shared.
  package let name: String?
  package let owner: String
  package let kind: Kind

  package init(name: String?, owner: String, kind: Kind) {
    self.name = name
    self.owner = owner
    self.kind = kind
  }
}

/// An entry that shall be gone for all.
package struct FleetDrop: Sendable, Hashable {
  /// What the entry may be called.
  package let names: [String]
  /// Only this generation, in hexadecimal; `nil` for whichever there is.
  package let generation: String?

  package init(names: [String], generation: String?) {
    self.names = names
    self.generation = generation
  }
}

package struct FleetDropOutcome: Sendable, Equatable {
  /// The generations that were dropped, in hexadecimal.
  package let generations: [String]
  /// Whether it survives the loss of the server: a replica has it, or there is none.
  package let isLasting: Bool

  package init(generations: [String], isLasting: Bool) {
    self.generations = generations
    self.isLasting = isLasting
  }
}

/// What is heard of a store.
package enum FleetChange: Sendable, Equatable {
  /// A call for the entry ended, in whatever way: who waits for it may ask.
  case settled(name: String)
  /// The entry of that generation is void; the generation is `nil` where there was no entry.
  case dropped(name: String, generation: String?)
  /// Something may have gone unheard in the region.
  case gap(region: String)
}
