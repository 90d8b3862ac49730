internal import Configuration
internal import Dispatch
internal import Synchronization

/// The user names of callers, each looked up once, and their groups.
///
/// Safe to use from any thread.
final class UserNames: Sendable {
  enum Name: Sendable, Equatable {
    /// `nil` where the user database has no such user.
    case known(String?)
    case notLookedUp
  }

  /// More users than a machine has at a time; beyond that the cache starts anew.
  private static let capacity = 10_000
  private let names = Mutex<[UInt32: String?]>([:])
  /// A directory service may take seconds, so the lookup runs on a queue of its own.
  private let queue = DispatchQueue(label: "fedbroker.users")

  /// Returns a name that was looked up before.
  func name(of uid: UInt32) -> Name {
    names.withLock { names in names[uid].map { .known($0) } ?? .notLookedUp }
  }

  /// Returns a name, looked up now where it was not before; blocks for as long as the user database does.
  func nameNow(of uid: UInt32) -> String? {
    if case .known(let name) = name(of: uid) { return name }
    guard let name = try? UserDatabase.name(of: uid) else { return nil }
    keep(name, of: uid)
    return name
  }

  /// Looks up the groups of a user, each time: who has left a group has lost its rights.
  func groups(of uid: UInt32) async -> [UInt32] {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: UserDatabase.groups(of: uid)) }
    }
  }

  /// Looks a name up in the user database; `nil` if there is no such user, or the database is unavailable, which is not
  /// cached.
  func lookUp(_ uid: UInt32) async -> String? {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: self.nameNow(of: uid)) }
    }
  }

  private func keep(_ name: String?, of uid: UInt32) {
    names.withLock { names in
      if names.count >= Self.capacity { names = [:] }
      names[uid] = .some(name)
    }
  }
}
