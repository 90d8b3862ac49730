internal import CLinux
internal import Clocks
internal import Glibc
internal import System

/// Waits for many sockets at once (epoll), for one `Worker`.
///
/// Dispatch gives threads, timers, signals and file events; which sockets are ready, one epoll set a worker says. Measured
/// beside it:
///
/// - A Dispatch read source for each connection costs 2.1 to 2.5 times the processor time an answer, at half the rate:
///   Dispatch watches with `EPOLLONESHOT`, so that each request takes a system call to arm the source again, and 3.2
///   context switches an answer instead of 1.05.
/// - One Dispatch source on the epoll descriptor is level at 32 connections, and 40 % slower for a request now and then,
///   which wakes up Dispatch's thread and then a worker's.
///
/// A shape on Dispatch alone that loses nothing of this would be simpler.
@safe final class EventLoop {
  struct Interest: OptionSet {
    let rawValue: UInt32

    /// Reported for as long as a connection waits.
    static let accept = Interest(rawValue: EPOLLIN.rawValue)
    /// Reported once for what has arrived, which saves epoll a second look at each socket.
    ///
    /// The handler reads until nothing is left, or until the end of the stream where that was reported.
    static let read = Interest(rawValue: EPOLLIN.rawValue | EPOLLRDHUP.rawValue | edge)
    /// Reported once: the handler writes until nothing more is taken.
    static let write = Interest(rawValue: EPOLLOUT.rawValue | edge)

    /// Reported once, when the client has closed its side.
    static let end = Interest(rawValue: EPOLLRDHUP.rawValue | edge)

    /// `EPOLLET`, whose macro Swift does not import.
    private static let edge: UInt32 = 1 << 31
  }

  /// A slot of the handler table, with the number of its use.
  ///
  /// An event that was reported before the slot changed hands has another number and reaches nobody.
  struct Token: Sendable {
    fileprivate let slot: Int
    fileprivate let use: UInt32

    fileprivate var bits: UInt64 { UInt64(use) << 32 | UInt64(slot) }
  }

  private struct Slot {
    var handler: (any ReadinessHandler)?
    var use: UInt32 = 0
  }

  private static let eventsPerWait = 128
  private static let wakeUpBits = UInt64.max

  private let epoll: Socket
  private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: eventsPerWait)
  /// No two accesses overlap, which Swift would check at run time for each event: none lasts while a handler is called.
  @safe @exclusivity(unchecked) private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  /// When `wait` returns at the latest, in milliseconds like `now`; the owner sets it anew after each tick.
  var nextTick = Int.max
  /// Milliseconds that only grow, as of when the loop last woke up: one look at the clock for all that it does then.
  private(set) var now = KernelClock.coarseMonotonicMilliseconds

  /// `wakeUp` ends a wait when it can be read.
  init(wakeUp: Socket) throws(SystemError) {
    epoll = Socket(adopting: try SystemError.check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    try control(EPOLL_CTL_ADD, wakeUp, Self.wakeUpBits, .accept)
  }

  deinit {
    unsafe events.deallocate()
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

  /// Returns the handler that has `token`, unless it was removed.
  func handler(of token: Token) -> (any ReadinessHandler)? {
    slots[token.slot].use == token.use ? slots[token.slot].handler : nil
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

  /// Ticks at `time` at the latest.
  func tick(by time: Int) {
    if time < nextTick { nextTick = time }
  }

  /// Waits, and calls `report` for each event and the handler it is for.
  ///
  /// Returns whether `wakeUp` can be read, and whether a tick is due.
  func wait(_ report: (any ReadinessHandler, ReadinessEvent) -> Void) -> (isWoken: Bool, isTickDue: Bool) {
    let timeout = nextTick == .max ? -1 : Int32(min(max(0, nextTick - now), 1 << 30))
    // Judged before the wait, which then only looks at what has arrived: after the process was stopped and continued,
    // that comes before the tick.
    let isTickDue = timeout == 0
    let count = unsafe epoll_wait(epoll.descriptor, events.baseAddress, Int32(events.count), timeout)
    now = KernelClock.coarseMonotonicMilliseconds
    var isWoken = false
    for index in 0..<max(0, Int(count)) {
      let (bits, reported) = unsafe (events[index].data.u64, events[index].events)
      if bits == Self.wakeUpBits {
        isWoken = true
      } else {
        let token = Token(
          slot: Int(truncatingIfNeeded: bits & 0xFFFF_FFFF), use: UInt32(truncatingIfNeeded: bits >> 32))
        let isEnding = reported & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        let event = reported & EPOLLOUT.rawValue != 0 ? ReadinessEvent.writable : .readable(isEnding: isEnding)
        if let handler = handler(of: token) { report(handler, event) }
      }
    }
    return (isWoken, isTickDue)
  }
}

/// What the event loop has found out about a socket.
enum ReadinessEvent {
  /// `isEnding` says that the client will send no more, or is gone: reading then shows the end or the error.
  case readable(isEnding: Bool)
  case writable
}

/// The owner of a socket, which the event loop tells when the socket can be read or written.
protocol ReadinessHandler: AnyObject {
  func handle(_ event: ReadinessEvent, on worker: isolated Worker)
}

/// One socket's place in an event loop: what is waited for, and the handler to tell.
struct Readiness {
  let socket: Socket
  private let loop: EventLoop
  let token: EventLoop.Token
  private var wanted: EventLoop.Interest = []

  /// Waits for nothing yet.
  ///
  /// The loop keeps `handler` until `cancel`.
  init(_ socket: Socket, on loop: EventLoop, handler: any ReadinessHandler) {
    self.socket = socket
    self.loop = loop
    token = loop.add(handler)
  }

  /// Waits for exactly `interest` from now on.
  ///
  /// Does nothing where that is so already.
  mutating func wait(for interest: EventLoop.Interest) throws(SystemError) {
    guard interest != wanted else { return }
    try loop.change(socket, token, from: wanted, to: interest)
    wanted = interest
  }

  /// Has the loop report again what is still to be read.
  func waitAgain() throws(SystemError) {
    try loop.change(socket, token, from: wanted, to: wanted)
  }

  /// Stops to wait, and closes the socket.
  consuming func cancel() {
    loop.remove(token)
    socket.close()
  }
}
