internal import HTTPTypes

/// Decides what happens on one connection: events in, the next action out.
///
/// A pure value. It has one request in hand at a time, and asks for no bytes while an answer is made or written, so that
/// a client can make the server hold one request, the bytes of one read and one answer. Times are milliseconds of a
/// clock that only moves forward.
struct ConnectionState: Sendable {
  enum Action: Sendable {
    /// Wait for bytes, then call `received` or `receivedEnd`; call `tick` by then at the latest.
    case read(latestTick: Int)
    /// Ask the handler for the response; `answered` returns how to frame it.
    case answer(Request)
    /// Ask the handler for the response that says so; `answered` returns how to frame it.
    case refuse(Refusal)
    /// Send `100 Continue`, then call `written`.
    case sendInterim
    /// Send nothing more, and read until the client closes: closing at once could reset the connection before the client
    /// has read the last response (RFC 9112 §9.6).
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
  /// When the phase ends of itself.
  private var deadline: Int
  /// When to call `tick` at the latest; `Int.max` where no call is needed.
  ///
  /// An eighth of the phase's time after its end, so that one call serves many connections.
  private(set) var latestTick: Int
  private var framing = ResponseFraming()
  private var closesAfterWrite = false
  private var isDraining = false
  private var requestCount = 0
  /// Bytes read but not parsed yet, because a request before them is in hand.
  private var pending: [UInt8] = []
  private var pendingStart = 0

  init(limits: Limits, at now: Int) {
    self.limits = limits
    parser = RequestParser(limits: limits)
    deadline = now + limits.idleTime
    latestTick = deadline + limits.idleTime / 8
  }

  /// The client has sent `bytes`.
  mutating func received(_ bytes: Span<UInt8>, at now: Int) -> Action {
    guard phase != .lingering else { return .read(latestTick: latestTick) }
    var position = 0
    let action = parse(bytes, &position, at: now)
    if case .answer = action, position < bytes.count {
      pending.append(bytes, position..<bytes.count)
    }
    return action
  }

  /// The client will send no more.
  ///
  /// An incomplete request gets no answer; a whole one was answered before the end was read.
  mutating func receivedEnd() -> Action { .close }

  /// The handler has answered; returns how to frame the response.
  ///
  /// Next is `written`, after any number of `wrote`.
  mutating func answered(at now: Int) -> ResponseFraming {
    if isDraining || requestCount >= limits.requestsPerConnection { framing.persistence = .close }
    closesAfterWrite = framing.persistence == .close
    startWriting(at: now)
    return framing
  }

  /// The client has taken a part of the response.
  mutating func wrote(at now: Int) {
    endPhase(after: limits.writeStallTime, at: now)
  }

  /// The client has taken the whole response.

  mutating func written(at now: Int) -> Action {
    guard !closesAfterWrite else {
      phase = .lingering
      endPhase(after: limits.lingerTime, at: now)
      pending = []
      return .linger
    }
    // After an interim response the parser still holds the head of the request whose body is next.
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

  /// Returns what the passing of time asks for, if anything.
  mutating func tick(at now: Int) -> Action? {
    guard now >= deadline else { return nil }
    switch phase {
    case .idle, .writing, .lingering: return .close
    case .header, .body: return refuse(.timedOut)
    case .answering: return nil
    }
  }

  /// The server shuts down: the request under way, if any, is the last of this connection.
  ///
  /// A connection without any request is kept a moment longer. Its client has connected, perhaps to a socket that the
  /// service manager holds, and sends its request without knowing that the server is about to end.
  mutating func drain(at now: Int) -> Action? {
    isDraining = true
    guard phase == .idle else { return nil }
    guard requestCount == 0 else { return .close }
    endPhase(after: min(limits.drainTime, deadline - now), at: now)
    return .read(latestTick: latestTick)
  }

  /// Refuses what the client sends, or the client itself, and closes.
  mutating func refuse(_ refusal: Refusal) -> Action {
    startAnswering()
    framing = ResponseFraming()
    pending = []
    return .refuse(refusal)
  }

  private mutating func parse(_ bytes: Span<UInt8>, _ position: inout Int, at now: Int) -> Action {
    do {
      guard let request = try parser.parse(bytes, &position) else { return awaitBytes(at: now) }
      requestCount += 1
      startAnswering()
      framing = request.responseFraming
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
      endPhase(after: min(end - now, limits.bodyStallTime), at: now)
    } else if parser.isAtStart {
      guard !isDraining else { return .close }
      phase = .idle
      endPhase(after: limits.idleTime, at: now)
    } else if phase != .header {
      phase = .header
      endPhase(after: limits.headerTime, at: now)
    }
    return .read(latestTick: latestTick)
  }

  private mutating func startWriting(at now: Int) {
    phase = .writing
    endPhase(after: limits.writeStallTime, at: now)
  }

  private mutating func startAnswering() {
    phase = .answering
    latestTick = .max
  }

  private mutating func endPhase(after time: Int, at now: Int) {
    deadline = now + time
    latestTick = deadline + time / 8
  }
}
