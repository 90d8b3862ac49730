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
    /// Read nothing until `tick`, which is called by then at the latest.
    case rest(latestTick: Int)
    /// Ask the handler whether the client may send the body; `grant` or `refuse(with:)` is the next call.
    case admit(Request)
    /// Ask the handler for the response; `answered` returns how to frame it.
    case answer(Request)
    /// Send this response of the handler's; `answered` returns how to frame it.
    case send(Response)
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

  /// A request that arrives in more reads than this is read only each `restTime`: a read of one byte costs as much as one
  /// of 16 KiB, and costs it before anyone is known to be admitted.
  private static let readsWithoutRest = 64
  private static let restTime = 100

  private let limits: Limits
  private var parser: RequestParser
  private var phase = Phase.idle
  /// When the phase ends of itself.
  private var deadline: Int
  /// When to call `tick` at the latest; `Int.max` where no call is needed.
  ///
  /// An eighth of the phase's time after its end, so that one call serves many connections.
  private(set) var latestTick: Int
  /// When the connection ends without an admitted request; `Int.max` once there was one, or where it needs none.
  private var admissionEnd: Int
  private var readCount = 0
  /// When to read on; `nil` where nothing is to be waited for.
  private var restEnd: Int?
  private var framing = ResponseFraming()
  /// Whether the client has sent all that it will: the request in hand is whole, and says that it is the last.
  private var isLastRequest = false
  /// The response to a refused request whose body still arrives.
  private var refusal: Response?
  private var closesAfterWrite = false
  private var isDraining = false
  private var requestCount = 0
  /// Bytes read but not parsed yet, because a request before them is in hand.
  private var pending: ReceivedBytes?
  private var pendingStart = 0

  /// - Parameter needsAdmission: Whether the connection ends after `Limits.admissionTime` without an admitted request.
  init(limits: Limits, needsAdmission: Bool = false, at now: Int) {
    self.limits = limits
    parser = RequestParser(limits: limits)
    admissionEnd = needsAdmission ? now + limits.admissionTime : .max
    deadline = 0
    latestTick = 0
    endPhase(after: limits.idleTime, at: now)
  }

  /// Whether a request may have arrived behind the one in hand.
  var hasPending: Bool { pending != nil }

  /// How much memory holds what was received from someone who is not known to be one that may ask.
  var strangersByteCount: Int {
    parser.strangersByteCount + (pending?.capacity ?? 0)
  }

  /// The client has sent `bytes`.
  mutating func received(_ bytes: Span<UInt8>, at now: Int) -> Action {
    guard phase != .lingering else { return .read(latestTick: latestTick) }
    var position = 0
    let action = parse(bytes, &position, at: now)
    switch action {
    case .read:
      readCount += 1
      return readCount > Self.readsWithoutRest ? rest(at: now) : action
    case .admit, .answer, .send, .sendInterim:
      if position < bytes.count {
        let rest = ReceivedBytes()
        rest.append(bytes, position..<bytes.count)
        pending = rest
        pendingStart = 0
      }
      return action
    case .rest, .refuse, .linger, .close: return action
    }
  }

  /// The client will send no more.
  ///
  /// An incomplete request gets no answer; a whole one was answered before the end was read.
  mutating func receivedEnd() -> Action { .close }

  /// The client may send the body of the request in hand, which is for `use`.
  mutating func grant(_ use: BodyUse, at now: Int) -> Action {
    do {
      try parser.grant(use)
      if !use.isOpen, !use.needsDigest { admitted() }
      return continueParsing(at: now)
    } catch {
      return refuse(error)
    }
  }

  /// The handler refuses the request in hand with `response`.
  ///
  /// The response is sent after the body, of which nothing is kept; at once, and as the last one, where the client waits
  /// for a word before it sends the body (RFC 9110 §10.1.1).
  mutating func refuse(with response: Response, at now: Int) -> Action {
    do {
      if parser.expectsInterim, pending == nil {
        framing.persistence = .close
        parser.abandon()
        startAnswering()
        return .send(response)
      }
      refusal = response
      try parser.refuse()
      return continueParsing(at: now)
    } catch {
      return refuse(error)
    }
  }

  /// A request of the client was admitted.
  mutating func admitted() {
    admissionEnd = .max
  }

  /// The handler has answered; returns how to frame the response.
  ///
  /// Next is `written`, after any number of `wrote`.
  mutating func answered(at now: Int) -> ResponseFraming {
    if isDraining || requestCount >= limits.requestsPerConnection { framing.persistence = .close }
    closesAfterWrite = framing.persistence == .close
    parser.answered()
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
      // RFC 9112 §9.6: no request follows one with the option `close`, so nothing can arrive that would reset the
      // connection before the client has read the response.
      if isLastRequest, pending == nil { return .close }
      phase = .lingering
      endPhase(after: limits.lingerTime, at: now)
      pending = nil
      parser.abandon()
      return .linger
    }
    // After an interim response the parser still holds the head of the request whose body is next.
    if !parser.isInBody { parser.reset() }
    return continueParsing(at: now)
  }

  private mutating func continueParsing(at now: Int) -> Action {
    guard let bytes = pending else { return awaitBytes(at: now) }
    var position = pendingStart
    let action = parse(bytes.bytes.span, &position, at: now)
    pendingStart = position
    if pendingStart == bytes.count { pending = nil }
    return action
  }

  /// Returns what the passing of time asks for, if anything.
  mutating func tick(at now: Int) -> Action? {
    guard now >= deadline else {
      guard let restEnd, now >= restEnd else { return nil }
      return readAfterRest()
    }
    switch phase {
    case .idle, .writing, .lingering: return .close
    case .header, .body:
      // The client has until then to read why.
      if admissionEnd <= now { admissionEnd = now + limits.lingerTime }
      return refuse(.timedOut)
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

  /// The memory for strangers' requests is used up, and this client's was the oldest: refuses and forgets it.
  ///
  /// Returns what to do at once, if anything.
  mutating func evict() -> Action? {
    switch phase {
    case .idle, .header, .body: return refuse(.busy)
    case .answering:
      // The request in hand was admitted: its answer is the last.
      pending = nil
      framing.persistence = .close
      return nil
    case .writing: return .close
    case .lingering: return nil
    }
  }

  /// Refuses what the client sends, or the client itself, and closes.
  mutating func refuse(_ refusal: Refusal) -> Action {
    startAnswering()
    framing = ResponseFraming()
    isLastRequest = false
    pending = nil
    restEnd = nil
    self.refusal = nil
    parser.abandon()
    return .refuse(refusal)
  }

  private mutating func parse(_ bytes: Span<UInt8>, _ position: inout Int, at now: Int) -> Action {
    do {
      guard let event = try parser.next(bytes, &position) else { return awaitBytes(at: now) }
      switch event {
      case .admission(let request):
        framing = request.responseFraming
        return .admit(request)
      case .request(let request):
        startAnswering()
        framing = request.responseFraming
        isLastRequest = framing.persistence == .close
        return .answer(request)
      case .end:
        startAnswering()
        guard let response = refusal.take() else { return .close }
        return .send(response)
      }
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

  private mutating func rest(at now: Int) -> Action {
    let end = now + Self.restTime
    restEnd = end
    latestTick = min(latestTick, end)
    return .rest(latestTick: latestTick)
  }

  private mutating func readAfterRest() -> Action {
    restEnd = nil
    latestTick = deadline
    return .read(latestTick: latestTick)
  }

  private mutating func startWriting(at now: Int) {
    phase = .writing
    endPhase(after: limits.writeStallTime, at: now)
  }

  private mutating func startAnswering() {
    phase = .answering
    latestTick = .max
    requestCount += 1
    readCount = 0
  }

  private mutating func endPhase(after time: Int, at now: Int) {
    deadline = now + time
    latestTick = deadline + time / 8
    guard admissionEnd < deadline else { return }
    deadline = admissionEnd
    latestTick = admissionEnd + limits.admissionTime / 8
  }
}
