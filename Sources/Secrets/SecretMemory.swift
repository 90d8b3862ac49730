internal import Dispatch
internal import Glibc
internal import Synchronization

/// What becomes of the memory of secrets as a whole.
package enum SecretMemory {
  private struct State {
    /// The first failure of mlock(2), as a code of errno(3).
    var failure: Int32?
    var report: (@Sendable (_ reason: String) -> Void)?
  }

  private static let state = Mutex(State())

  /// Calls `report` once, with the kernel's reason, when there is secret memory that the kernel did not lock, so that it
  /// may be written to swap.
  ///
  /// That may be long after the call, since memory is locked as secrets come. The call is made on a queue.
  package static func whenUnlocked(_ report: @escaping @Sendable (_ reason: String) -> Void) {
    let failure = state.withLock { state in
      if state.failure == nil { state.report = report }
      return state.failure
    }
    if let failure { tell(report, failure) }
  }

  /// Notes that memory could not be locked; called with the lock of the arena held.
  static func lockFailed(_ code: Int32) {
    let report = state.withLock { state in
      defer {
        state.failure = state.failure ?? code
        state.report = nil
      }
      return state.failure == nil ? state.report : nil
    }
    if let report { tell(report, code) }
  }

  private static func tell(_ report: @escaping @Sendable (String) -> Void, _ code: Int32) {
    DispatchQueue(label: "fedbroker.secrets").async { report(unsafe String(cString: strerror(code))) }
  }
}
