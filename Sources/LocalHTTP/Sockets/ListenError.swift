package import System

/// A failure to listen on an address.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of the failure, for callers that act on it.
  package enum Reason: Sendable, Equatable {
    case addressInUse
    case noPermission
    /// The path of a unix socket names something that is not a socket, which is never replaced.
    case notASocket
    /// The inherited descriptor is not a listening stream socket.
    case notListening
    case system(SystemError)
  }

  /// The kind of this failure.
  package let reason: Reason
  /// The address as configured, or the descriptor.
  package let subject: String

  /// What is wrong and how to mend it, for people.
  package var description: String {
    switch reason {
    case .addressInUse: "\(subject): the address is in use by another process"
    case .noPermission: "\(subject): no permission to listen there"
    case .notASocket: "\(subject): there is a file that is not a socket; remove it or choose another path"
    case .notListening: "\(subject): not a listening stream socket"
    case .system(let error): "\(subject): \(error)"
    }
  }
}
