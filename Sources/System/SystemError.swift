internal import Glibc

/// A failed system call: its name and its `errno`, the one way in which the kernel's errors reach the rest of the code.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call's name, such as `bind`.
  package let call: String
  /// The value of errno(3).
  package let code: Int32

  package init(call: String, code: Int32) {
    self.call = call
    self.code = code
  }

  /// Returns the error that `errno` holds now.
  package static func last(_ call: String) -> SystemError {
    SystemError(call: call, code: errno)
  }

  /// The text of strerror(3).
  package var reason: String { unsafe String(cString: strerror(code)) }

  package var description: String { "\(call): \(reason)" }

  /// Makes a system call, again for as long as a signal interrupts it, and throws if it returns less than 0.
  ///
  /// One form for each type that the kernel's calls return: a generic one is not compiled again for the modules above, and
  /// costs a request 300 instructions.
  @discardableResult
  package static func check(_ call: String, _ body: () -> Int32) throws(SystemError) -> Int32 {
    Int32(truncatingIfNeeded: try check(call) { Int(body()) })
  }

  @discardableResult
  package static func check(_ call: String, _ body: () -> Int) throws(SystemError) -> Int {
    while true {
      let result = body()
      if result >= 0 { return result }
      if errno != EINTR { throw .last(call) }
    }
  }

  /// Like `check`; returns `nil` if a non-blocking descriptor would have to wait.
  package static func checkUnlessBlocked(_ call: String, _ body: () -> Int) throws(SystemError) -> Int? {
    while true {
      let result = body()
      if result >= 0 { return result }
      switch errno {
      case EINTR: continue
      case EAGAIN: return nil
      default: throw .last(call)
      }
    }
  }
}
