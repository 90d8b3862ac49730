internal import Configuration
internal import Glibc
internal import LocalHTTP

/// The reason why the daemon does not start, for a person, and its exit code (sysexits.h).
package struct StartError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package let exitCode: Int32

  package static func configuration(_ description: String) -> StartError {
    StartError(description: description, exitCode: EX_CONFIG)
  }

  init(description: String, exitCode: Int32) {
    self.description = description
    self.exitCode = exitCode
  }

  init(_ error: ListenError) {
    let exitCode =
      switch error.reason {
      case .addressInUse: EX_UNAVAILABLE
      case .noPermission: EX_NOPERM
      case .notASocket, .notListening, .system: EX_CONFIG
      }
    self.init(description: error.description, exitCode: exitCode)
  }

  init(_ error: TokenFileError) {
    let exitCode =
      switch error.reason {
      case .notReadable, .cannotCreate: EX_NOPERM
      default: EX_CONFIG
      }
    self.init(description: error.description, exitCode: exitCode)
  }
}
