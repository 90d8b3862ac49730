internal import Configuration
internal import Dispatch
internal import Synchronization

/// The user names of unix sockets' peers, each looked up once.
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

  /// Looks a name up in the user database; `nil` if there is no such user, or the database is unavailable, which is not
  /// cached.
  func lookUp(_ uid: UInt32) async -> String? {
    await withCheckedContinuation { continuation in
      queue.async {
        guard let name = try? UserDatabase.name(of: uid) else { return continuation.resume(returning: nil) }
        self.names.withLock { names in
          if names.count >= Self.capacity { names = [:] }
          names[uid] = .some(name)
        }
        continuation.resume(returning: name)
      }
    }
  }
}
