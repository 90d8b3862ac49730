internal import Configuration
internal import Glibc
internal import LocalHTTP
internal import System

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

  /// Describes any error of a start.
  init(_ error: any Error) {
    switch error {
    case let error as StartError: self = error
    case let error as ListenError: self.init(error)
    case let error as TokenFileError: self.init(error)
    case is SystemError: self.init(description: "\(error)", exitCode: EX_OSERR)
    default: self = .configuration("\(error)")
    }
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
