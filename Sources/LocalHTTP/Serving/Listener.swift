internal import CLinux
internal import Dispatch
internal import Glibc
internal import Logging
internal import System

/// Accepts connections from one socket and hands each to `accepted`.
///
/// Belongs to one `Worker`, which each method is given as the proof that it runs on the worker's thread.
final class Listener: ReadinessHandler {
  private let listening: ListeningSocket
  private let logger: Logger
  private let accepted: @Sendable (Socket) -> Void
  private var readiness: Readiness?
  /// A descriptor to give up when the process has no other left: with it a waiting client can be accepted and closed,
  /// which would otherwise wake this listener again and again.
  private var spare = Listener.openSpare()
  /// Logged once, not for each client that is closed.
  private var isOutOfDescriptors = false

  /// Connections accepted before other work on the loop gets its turn.
  private static let acceptsPerTurn = 64
  /// A serial queue, for the reason that `TaskPool` gives.
  private static let pauses = DispatchQueue(label: "http.pauses")
  private static let backOff = DispatchTimeInterval.milliseconds(200)

  init(_ listening: ListeningSocket, logger: Logger, accepted: @escaping @Sendable (Socket) -> Void) {
    self.listening = listening
    self.logger = logger
    self.accepted = accepted
  }

  func isOn(_ socket: ListeningSocket) -> Bool { listening === socket }

  func start(on worker: isolated Worker) {
    readiness = Readiness(listening.socket, on: worker.loop, handler: self)
    resume()
  }

  /// Accepts no more, and closes the socket: the kernel refuses later clients.
  func stop(on worker: isolated Worker) {
    guard let readiness = readiness.take() else { return }
    listening.removeFile()
    readiness.cancel()
  }

  /// Only connections are waited for.
  func handle(_ event: ReadinessEvent, on worker: isolated Worker) {
    for _ in 0..<Self.acceptsPerTurn {
      do {
        guard let socket = try listening.socket.accept() else { return }
        isOutOfDescriptors = false
        accepted(socket)
      } catch {
        guard recover(from: error, on: worker) else { return }
      }
    }
  }

  /// Returns whether to go on at once.
  private func recover(from error: SystemError, on worker: isolated Worker) -> Bool {
    switch error.code {
    case EMFILE, ENFILE:
      if !isOutOfDescriptors {
        logger.warning("connections are closed at once: no file descriptor is left", metadata: ["error": "\(error)"])
      }
      isOutOfDescriptors = true
      spare?.close()
      spare = nil
      let accepted = try? listening.socket.accept()
      accepted?.close()
      spare = Self.openSpare()
      if spare != nil { return true }
    case ENOBUFS, ENOMEM:
      logger.warning("connections have to wait: the kernel is out of memory", metadata: ["error": "\(error)"])
    default:
      // The connection ended before it was accepted: its errors are no reason to stop (accept(2)).
      return true
    }
    try? readiness?.wait(for: [])
    Self.pauses.asyncAfter(deadline: .now() + Self.backOff) { worker.async { $0.resumeListening() } }
    return false
  }

  /// Waits for connections, where it does not yet.
  func resume() {
    do {
      try readiness?.wait(for: .accept)
    } catch {
      logger.error("no connections are accepted any more", metadata: ["error": "\(error)"])
    }
  }

  private static func openSpare() -> Socket? {
    let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    return descriptor < 0 ? nil : Socket(adopting: descriptor)
  }
}
