internal import HTTPTypes

/// Decides what happens on one connection: events in, the next action out.
///
/// Pure.
///
/// One request is in hand at a time, and nothing is read while an answer is made or written, so what a client can make
/// the server hold is one request, one read's worth of bytes and one answer. Times are milliseconds of a clock that
/// only moves forward.
struct ConnectionState: Sendable {
  enum Action: Sendable {
    /// Wait for bytes, then call `received` or `receivedEnd`.
    case read
    /// Ask the handler; `answered` tells how to frame what it says.
    case answer(Request)
    /// Ask the handler for the words; `answered` tells how to frame them.
    case refuse(Refusal)
    /// Send `100 Continue`, then call `written`.
    case sendInterim
    /// Say no more, and read until the client closes, so that what was sent last is not lost to a reset
    /// (RFC 9112 §9.6).
    case linger
    case close
  }

  private enum Phase: Equatable {
    case idle
    case header
    case body(until: Int)
    case answering
    case writing
    case lingering
  }

  private let limits: Limits
  private var parser: RequestParser
  private var phase = Phase.idle
  private var deadline: Int
  private var framing = ResponseFraming()
  private var closesAfterWrite = false
  private var isDraining = false
  private var requestCount = 0
  /// Read but not parsed, because a request before it is in hand.
  private var pending: [UInt8] = []
  private var pendingStart = 0

  init(limits: Limits, at now: Int) {
    self.limits = limits
    parser = RequestParser(limits: limits)
    deadline = now + limits.idleTime
  }

  mutating func received(_ bytes: Span<UInt8>, at now: Int) -> Action {
    guard phase != .lingering else { return .read }
    var position = 0
    let action = parse(bytes, &position, at: now)
    if case .answer = action, position < bytes.count {
      pending.append(bytes, position..<bytes.count)
    }
    return action
  }

  /// The client will send no more.
  ///
  /// A request cut short gets no answer; a whole one was answered before the end was read.
  mutating func receivedEnd() -> Action { .close }

  /// The handler has answered: says how to frame it.
  ///
  /// Then comes `written`, or `wrote` as often as only a part is taken.
  mutating func answered(at now: Int) -> ResponseFraming {
    if isDraining || requestCount >= limits.requestsPerConnection { framing.persistence = .close }
    closesAfterWrite = framing.persistence == .close
    startWriting(at: now)
    return framing
  }

  /// The client took a part of what is being written.
  mutating func wrote(at now: Int) {
    deadline = now + limits.writeStallTime
  }

  mutating func written(at now: Int) -> Action {
    guard !closesAfterWrite else {
      phase = .lingering
      deadline = now + limits.lingerTime
      pending = []
      return .linger
    }
    // After an interim response the parser still holds the head whose body comes now.
    if !parser.isInBody { parser.reset() }
    guard pendingStart < pending.count else { return awaitBytes(at: now) }
    let bytes = pending
    var position = pendingStart
    let action = parse(bytes.span, &position, at: now)
    pendingStart = position
    if pendingStart == bytes.count {
      pending = []
      pendingStart = 0
    }
    return action
  }

  /// What passing time asks for, if anything.
  mutating func tick(at now: Int) -> Action? {
    guard now >= deadline else { return nil }
    switch phase {
    case .idle, .writing, .lingering: return .close
    case .header, .body: return refuse(.timedOut)
    case .answering: return nil
    }
  }

  /// The server shuts down: this connection's request under way, if any, is its last.
  mutating func drain() -> Action? {
    isDraining = true
    return phase == .idle ? .close : nil
  }

  /// Refuses what the client sends, or the client itself, and closes.
  mutating func refuse(_ refusal: Refusal) -> Action {
    phase = .answering
    framing = ResponseFraming()
    pending = []
    return .refuse(refusal)
  }

  private mutating func parse(_ bytes: Span<UInt8>, _ position: inout Int, at now: Int) -> Action {
    do {
      guard let request = try parser.parse(bytes, &position) else { return awaitBytes(at: now) }
      requestCount += 1
      phase = .answering
      framing = ResponseFraming(
        omitsContent: request.method == .head, acceptsGzip: request.acceptsGzip,
        persistence: !request.keepsAlive ? .close : request.minorVersion == 0 ? .keepAlive : .implied)
      return .answer(request)
    } catch {
      return refuse(error)
    }
  }

  private mutating func awaitBytes(at now: Int) -> Action {
    if parser.isInBody {
      if parser.expectsInterim {
        parser.sentInterim()
        closesAfterWrite = false
        startWriting(at: now)
        return .sendInterim
      }
      let end = if case .body(let end) = phase { end } else { now + limits.bodyTime }
      phase = .body(until: end)
      deadline = min(end, now + limits.bodyStallTime)
    } else if parser.isAtStart {
      guard !isDraining else { return .close }
      phase = .idle
      deadline = now + limits.idleTime
    } else if phase != .header {
      phase = .header
      deadline = now + limits.headerTime
    }
    return .read
  }

  private mutating func startWriting(at now: Int) {
    phase = .writing
    deadline = now + limits.writeStallTime
  }
}
