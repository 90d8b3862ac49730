internal import Glibc

/// A system call that failed.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call's name, such as `bind`.
  package let call: String
  package let code: Int32

  /// The error that `errno` tells of.
  static func last(_ call: String) -> SystemError {
    SystemError(call: call, code: errno)
  }

  package var description: String {
    unsafe "\(call): \(String(cString: strerror(code)))"
  }

  /// Makes a system call, again for as long as a signal interrupts it.
  @inline(__always)
  static func check<Result: FixedWidthInteger>(
    _ call: String, _ body: () -> Result
  ) throws(SystemError) -> Result {
    while true {
      let result = body()
      if result >= 0 { return result }
      if errno != EINTR { throw .last(call) }
    }
  }

  /// Like `check`, with `nil` where a descriptor that does not block would have to.
  @inline(__always)
  static func checkUnlessBlocked<Result: FixedWidthInteger>(
    _ call: String, _ body: () -> Result
  ) throws(SystemError) -> Result? {
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
