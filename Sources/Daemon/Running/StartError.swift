internal import Configuration
internal import Glibc
internal import LocalHTTP
internal import Outbound
internal import System

/// The reason why the daemon does not start, for a person, and its exit code (sysexits.h).
package struct StartError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package let exitCode: Int32

  /// Returns an error of the configuration.
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
    case is CurlLibrary.Unavailable: self.init(description: "\(error)", exitCode: EX_UNAVAILABLE)
    case is SystemError: self.init(description: "\(error)", exitCode: EX_OSERR)
    default: self = .configuration("\(error)")
    }
  }

  /// Describes why the file that a key names cannot be opened.
  init(opening key: String, _ error: SystemError) {
    self.init(description: "\(key): \(error)", exitCode: Self.exitCode(errno: error.code))
  }

  /// Whether the same start can succeed later without anybody changing the configuration: a port is in use, a disk or a
  /// table of the kernel is full.
  ///
  /// The service manager starts the daemon again then, and not with the other exit codes (`RestartPreventExitStatus=`).
  var canPass: Bool { exitCode == EX_UNAVAILABLE || exitCode == EX_OSERR }

  init(_ error: ListenError) {
    let exitCode =
      switch error.reason {
      case .addressInUse: EX_UNAVAILABLE
      case .noPermission: EX_NOPERM
      case .notASocket, .notListening: EX_CONFIG
      case .system(let error): Self.exitCode(errno: error.code)
      }
    self.init(description: error.description, exitCode: exitCode)
  }

  init(_ error: TokenFileError) {
    let exitCode =
      switch error.reason {
      case .notReadable: EX_NOPERM
      case .cannotCreate(_, let code), .system(let code): Self.exitCode(errno: code)
      case .unstable: EX_OSERR
      default: EX_CONFIG
      }
    self.init(description: error.description, exitCode: exitCode)
  }

  private static func exitCode(errno code: Int32) -> Int32 {
    switch code {
    // An address of a network interface that is not up yet.
    case EADDRINUSE, EADDRNOTAVAIL: EX_UNAVAILABLE
    case EACCES, EPERM, EROFS: EX_NOPERM
    case ENOSPC, EDQUOT, ENOMEM, ENOBUFS, EMFILE, ENFILE, EAGAIN, EIO: EX_OSERR
    default: EX_CONFIG
    }
  }
}
