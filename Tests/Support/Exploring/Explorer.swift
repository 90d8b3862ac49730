/// A state machine of ours together with a model of what surrounds it, for an `Exploration`.
///
/// The model knows which events may come next, and what must hold after each.
package protocol ExplorableSystem {
  associatedtype Event: Sendable, CustomStringConvertible

  /// Makes the system as it starts.
  init()

  /// Returns a system that shares nothing with this one that an event changes.
  func copy() -> Self

  /// The events that may come next; none at the end.
  var events: [Event] { get }

  /// Lets an event happen, and returns what the state machine did, in a word or two; throws the invariant that it broke.
  mutating func apply(_ event: Event) throws(BrokenInvariant) -> String

  /// Equal for two systems if nothing that can be seen from now on tells them apart.
  var fingerprint: String { get }

  /// The name of the state in diagrams, which stands for many states of the system.
  var stateName: String { get }
}

extension ExplorableSystem {
  package func copy() -> Self { self }
}

/// What must hold in each state and did not.
package struct BrokenInvariant: Error, Equatable {
  package let text: String

  package init(_ text: String) { self.text = text }
}

/// Every state of a system that at most `depth` events lead to, found breadth first, so that the way to each is a shortest.
package struct Exploration<System: ExplorableSystem> {
  /// A transition between two states of a diagram.
  package struct Transition: Hashable, Sendable {
    let source: String
    let event: String
    let outcome: String
    let target: String
  }

  /// How many states there are, told apart by their fingerprints.
  package private(set) var stateCount = 1
  /// How many events were tried, each in each state.
  package private(set) var transitionCount = 0
  /// The length of the longest way to a state.
  package private(set) var depth = 0
  /// Whether no state was left out for the bound on the depth.
  package private(set) var isWhole = true
  package private(set) var transitions: Set<Transition> = []
  /// How many states have no event any more.
  package private(set) var endCount = 0
  /// What was broken first, with the shortest way to it.
  package private(set) var fault: String?

  /// Explores up to ways of `bound` events; stops at the first broken invariant.
  package init(bound: Int = .max) {
    let start = System()
    var known: Set<String> = [start.fingerprint]
    var layer = [(system: start, way: [String]())]
    while !layer.isEmpty {
      var next: [(system: System, way: [String])] = []
      for found in layer {
        let events = found.system.events
        if events.isEmpty { endCount += 1 }
        for event in events {
          guard depth < bound else {
            isWhole = false
            continue
          }
          var system = found.system.copy()
          let way = found.way + ["\(event)"]
          transitionCount += 1
          do throws(BrokenInvariant) {
            let outcome = try system.apply(event)
            transitions.insert(
              Transition(
                source: found.system.stateName, event: "\(event)", outcome: outcome, target: system.stateName))
          } catch {
            fault = "\(error.text), after: \(way.joined(separator: ", "))"
            return
          }
          if known.insert(system.fingerprint).inserted { next.append((system, way)) }
        }
      }
      layer = next
      if !layer.isEmpty { depth += 1 }
    }
    stateCount = known.count
  }

  /// The figures in one line.
  package var summary: String {
    "\(stateCount) states, \(transitionCount) transitions, depth \(depth)\(isWhole ? ", whole" : "")"
  }
}
