internal import CLinux
internal import Dispatch
internal import Glibc
internal import Logging
internal import System

/// Accepts connections from one socket and hands each to a lane.
///
/// `@unchecked Sendable`: after `init`, all state is touched on `loop` only.
final class Listener: ReadinessHandler, @unchecked Sendable {
  private let listening: ListeningSocket
  private let loop: EventLoop
  private let logger: Logger
  private let accepted: @Sendable (Socket) -> Void
  private var readiness: Readiness?
  /// Given up when the process has no descriptor left, so that a waiting client can be told so by being closed, rather
  /// than waking this listener again and again.
  private var spare = Listener.openSpare()

  /// Said once, not for each client that is turned away.
  private var isOutOfDescriptors = false

  /// Connections accepted before other work on the loop gets its turn.
  private static let acceptsPerTurn = 64
  private static let backOff = DispatchTimeInterval.milliseconds(200)

  init(
    _ listening: ListeningSocket, on loop: EventLoop, logger: Logger,
    accepted: @escaping @Sendable (Socket) -> Void
  ) {
    self.listening = listening
    self.loop = loop
    self.logger = logger
    self.accepted = accepted
  }

  func isOn(_ socket: ListeningSocket) -> Bool { listening === socket }

  func start() {
    readiness = Readiness(listening.socket, on: loop, handler: self)
    resume()
  }

  /// Accepts no more.
  ///
  /// The kernel refuses whoever comes later.
  func stop() {
    guard let readiness = readiness.take() else { return }
    listening.removeFile()
    readiness.cancel()
  }

  /// Never waited for.
  func writable() {}

  func readable(isEnding: Bool) {
    for _ in 0..<Self.acceptsPerTurn {
      do {
        guard let socket = try listening.socket.accept() else { return }
        isOutOfDescriptors = false
        accepted(socket)
      } catch {
        guard recover(from: error) else { return }
      }
    }
  }

  /// Returns whether to go on at once.
  private func recover(from error: SystemError) -> Bool {
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
    let loop = loop
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.backOff) { loop.async { self.resume() } }
    return false
  }

  private func resume() {
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
