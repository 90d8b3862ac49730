package import System

/// Why a bus cannot be used.
package enum BusError: Error, Sendable, Equatable, CustomStringConvertible {
  case system(SystemError)
  /// No address that we can connect to: what was given.
  case address(String)
  /// The bus did not admit us: what it said.
  case refused(String)
  /// What it sent is no message: what is wrong about it.
  case malformed(String)
  /// A call was answered with an error: its name.
  case answer(String)
  case timedOut
  /// The other end closed the connection.
  case ended
  /// `BusInterrupt.interrupt` was called.
  case interrupted

  package var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .address(let text): "\(text): no address of a bus on this machine"
    case .refused(let text): "the bus refuses: \(text)"
    case .malformed(let what): "the bus sent a message that is malformed: \(what)"
    case .answer(let name): name
    case .timedOut: "the bus does not answer"
    case .ended: "the bus closed the connection"
    case .interrupted: "interrupted"
    }
  }
}
