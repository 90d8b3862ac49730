internal import CLinux
internal import Clocks
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import System

/// Waits for many sockets on one thread (epoll), and runs what other threads hand over between two waits.
///
/// A Dispatch source a connection would cost each request two more thread switches and a system call to re-arm it: half
/// as many answers a second were measured that way. So Dispatch gives this loop its thread, and epoll, set once a
/// connection, does the waiting.
///
/// `@unchecked Sendable`: `mailbox` guards itself; everything else is touched by `init` and then on the loop's thread
/// only.
final class EventLoop: @unchecked Sendable {
  struct Interest: OptionSet {
    let rawValue: UInt32

    /// Reported for as long as a connection waits.
    static let accept = Interest(rawValue: EPOLLIN.rawValue)
    /// Reported once for what has arrived, which saves epoll a second look at each socket: whoever is told reads until
    /// nothing is left, or until the end of the stream where that was reported.
    static let read = Interest(rawValue: EPOLLIN.rawValue | EPOLLRDHUP.rawValue | edge)
    /// Reported once: whoever is told writes until nothing more is taken.
    static let write = Interest(rawValue: EPOLLOUT.rawValue | edge)

    /// `EPOLLET`, whose macro Swift does not import.
    private static let edge: UInt32 = 1 << 31
  }

  /// A slot of the handler table, with the number of its use: an event that was reported before the slot changed hands
  /// finds another number and reaches nobody.
  struct Token {
    fileprivate let slot: Int
    fileprivate let use: UInt32

    fileprivate var bits: UInt64 { UInt64(use) << 32 | UInt64(slot) }
  }

  private struct Slot {
    var handler: (any ReadinessHandler)?
    var use: UInt32 = 0
  }

  private struct Mailbox {
    var work: [@Sendable () -> Void] = []
    var isStopped = false
  }

  private static let eventsPerWait = 128
  private static let wakeUpBits = UInt64.max

  private let epoll: Socket
  private let wakeUp: Socket
  private var tickMilliseconds: Int
  private let mailbox = Mutex(Mailbox())
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var whenTick: (() -> Void)?
  private var nextTick = 0
  /// Milliseconds that only grow, as of when the loop last woke up: one look at the clock for all that it does then.
  private(set) var now = KernelClock.coarseMonotonicMilliseconds

  init(tickMilliseconds: Int) throws(SystemError) {
    epoll = Socket(adopting: try SystemError.check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    wakeUp = Socket(
      adopting: try SystemError.check("eventfd") { eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) })
    self.tickMilliseconds = tickMilliseconds
    try control(EPOLL_CTL_ADD, wakeUp, Self.wakeUpBits, .accept)
  }

  /// Takes a thread and runs on it until `stop`.
  func start(name: String) {
    DispatchQueue(label: name).async { self.run() }
  }

  /// Runs `work` on the loop's thread, soon and in order; after `stop`, never.
  ///
  /// For any thread.
  func async(_ work: @escaping @Sendable () -> Void) {
    let isFirst = mailbox.withLock { mailbox in
      guard !mailbox.isStopped else { return false }
      mailbox.work.append(work)
      return mailbox.work.count == 1
    }
    if isFirst { signal() }
  }

  /// Ends the loop once the work handed over before is done.
  ///
  /// For any thread.
  func stop() {
    mailbox.withLock { $0.isStopped = true }
    signal()
  }

  /// Calls `body` at each tick, until it is set to `nil`: one clock for many connections.
  func setTick(_ body: (() -> Void)?) {
    whenTick = body
    nextTick = now + tickMilliseconds
  }

  /// Ticks at another pace, from the next tick on.
  func setTickTime(_ milliseconds: Int) {
    tickMilliseconds = milliseconds
    nextTick = min(nextTick, now + milliseconds)
  }

  func add(_ handler: any ReadinessHandler) -> Token {
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count { slots.append(Slot()) }
    slots[slot].handler = handler
    return Token(slot: slot, use: slots[slot].use)
  }

  func remove(_ token: Token) {
    slots[token.slot].handler = nil
    slots[token.slot].use &+= 1
    freeSlots.append(token.slot)
  }

  func change(
    _ socket: Socket, _ token: Token, from old: Interest, to new: Interest
  ) throws(SystemError) {
    // With an empty set epoll would still report a client that is gone, again and again: the socket is taken out instead.
    let operation = old.isEmpty ? EPOLL_CTL_ADD : new.isEmpty ? EPOLL_CTL_DEL : EPOLL_CTL_MOD
    try control(operation, socket, token.bits, new)
  }

  private func control(_ operation: Int32, _ socket: Socket, _ bits: UInt64, _ interest: Interest) throws(SystemError) {
    var event = unsafe epoll_event(events: interest.rawValue, data: epoll_data_t(u64: bits))
    _ = try SystemError.check("epoll_ctl") {
      unsafe epoll_ctl(epoll.descriptor, operation, socket.descriptor, &event)
    }
  }

  private func run() {
    var events = unsafe [epoll_event](repeating: epoll_event(), count: Self.eventsPerWait)
    while true {
      let timeout = whenTick == nil ? -1 : max(0, nextTick - now)
      // Judged before the wait, which also ends without a word when the process is stopped and continued: what arrived
      // meanwhile comes first.
      let isTickDue = timeout == 0
      let count = unsafe epoll_wait(epoll.descriptor, &events, Int32(events.count), Int32(timeout))
      now = KernelClock.coarseMonotonicMilliseconds
      var isWoken = false
      for index in 0..<max(0, Int(count)) {
        let (bits, reported) = unsafe (events[index].data.u64, events[index].events)
        if bits == Self.wakeUpBits {
          isWoken = true
        } else {
          report(reported, to: bits)
        }
      }
      if isWoken, !runMailbox() { return }
      if isTickDue { tick() }
    }
  }

  private func report(_ events: UInt32, to bits: UInt64) {
    let slot = Int(truncatingIfNeeded: bits & 0xFFFF_FFFF)
    let use = UInt32(truncatingIfNeeded: bits >> 32)
    guard slots[slot].use == use, let handler = slots[slot].handler else { return }
    if events & EPOLLOUT.rawValue != 0 {
      handler.writable()
    } else {
      handler.readable(isEnding: events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0)
    }
  }

  /// Returns whether the loop goes on.
  private func runMailbox() -> Bool {
    var count: UInt64 = 0
    _ = unsafe read(wakeUp.descriptor, &count, MemoryLayout<UInt64>.size)
    let (work, isStopped) = mailbox.withLock { mailbox in
      defer { mailbox.work = [] }
      return (mailbox.work, mailbox.isStopped)
    }
    for item in work { item() }
    return !isStopped
  }

  private func tick() {
    nextTick = now + tickMilliseconds
    whenTick?()
  }

  private func signal() {
    var one: UInt64 = 1
    // Fails only when the counter is full, in which case the loop is woken already.
    _ = unsafe write(wakeUp.descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
