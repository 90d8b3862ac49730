internal import Glibc

/// Signals that a person sends to a command.
enum InterruptHandling {
  /// Handles a signal, unless this process inherited that it is ignored, as in the background of a shell script.
  static func handle(_ number: Int32, _ handler: @convention(c) (Int32) -> Void) {
    let former = signal(number, handler)
    if unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
  }
}
