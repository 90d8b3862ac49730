internal import CLinux
internal import Dispatch
internal import Glibc
internal import Logging
internal import System

/// Accepts connections from one socket and hands each to `accepted`, with the address of its other end.
///
/// Belongs to one `Worker`, which each method is given as the proof that it runs on the worker's thread.
final class Listener: ReadinessHandler {
  private let listening: ListeningSocket
  private let logger: Logger
  private let accepted: Accepted
  private var readiness: Readiness?
  /// A descriptor to give up when the process has no other left: with it a waiting client can be accepted and closed,
  /// which would otherwise wake this listener again and again.
  private var spare = Listener.openSpare()
  /// Logged once, not for each client that is closed.
  private var isOutOfDescriptors = false

  typealias Accepted = @Sendable (Socket, SocketAddress, isolated Worker) -> Void

  /// A serial queue, for the reason that `TaskPool` gives.
  private static let pauses = DispatchQueue(label: "http.pauses")
  private static let backOff = DispatchTimeInterval.milliseconds(200)

  init(_ listening: ListeningSocket, logger: Logger, accepted: @escaping Accepted) {
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
  ///
  /// One is accepted a turn: the loop comes back at once where more wait, and mostly none does, so that a second look
  /// would be a system call for nothing.
  func handle(_ event: ReadinessEvent, on worker: isolated Worker) {
    do {
      var peer = SocketAddress()
      guard let socket = try listening.socket.accept(from: &peer) else { return }
      isOutOfDescriptors = false
      accepted(socket, peer, worker)
    } catch {
      recover(from: error, on: worker)
    }
  }

  private func recover(from error: SystemError, on worker: isolated Worker) {
    switch error.code {
    case EMFILE, ENFILE:
      if !isOutOfDescriptors {
        logger.warning("connections are closed at once: no file descriptor is left", metadata: ["error": "\(error)"])
      }
      isOutOfDescriptors = true
      spare?.close()
      spare = nil
      var peer = SocketAddress()
      let accepted = try? listening.socket.accept(from: &peer)
      accepted?.close()
      spare = Self.openSpare()
      if spare != nil { return }
    case ENOBUFS, ENOMEM:
      logger.warning("connections have to wait: the kernel is out of memory", metadata: ["error": "\(error)"])
    default:
      // The connection ended before it was accepted: its errors are no reason to stop (accept(2)).
      return
    }
    try? readiness?.wait(for: [])
    Self.pauses.asyncAfter(deadline: .now() + Self.backOff) { worker.async { $0.resumeListening() } }
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
