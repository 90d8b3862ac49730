/// Who was signed in to which instance last, in the browsers of which user of the machine: Amazon Connect's cookies stay there
/// when another person's turn comes.
///
/// Pure.
struct SignedInPeople: Sendable {
  struct Person: Sendable, Equatable {
    /// As AWS names the person.
    let arn: String
    /// For people.
    let name: String
  }

  private struct Browser: Hashable {
    /// `nil` where the kernel does not say.
    let uid: UInt32?
    let instanceID: String
  }

  /// The most that are remembered; beyond that, any one is forgotten.
  static let capacity = 1000

  private var people: [Browser: Person] = [:]

  /// Returns who is signed in there, unless it is `person`.
  func other(than person: Person, uid: UInt32?, instanceID: String) -> Person? {
    people[Browser(uid: uid, instanceID: instanceID)].flatMap { $0.arn == person.arn ? nil : $0 }
  }

  mutating func note(_ person: Person, uid: UInt32?, instanceID: String) {
    let browser = Browser(uid: uid, instanceID: instanceID)
    if people.count >= Self.capacity, people[browser] == nil, let any = people.keys.first { people[any] = nil }
    people[browser] = person
  }
}
