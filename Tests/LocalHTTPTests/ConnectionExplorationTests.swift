import HTTPTypes
import TestSupport
import Testing

@testable import LocalHTTP

/// A connection between a client that may send anything and a handler that may say anything.
///
/// Its client sends whole requests, halves, several at once, and nonsense, and stops where it likes; its handler grants,
/// refuses and answers. Time passes to the next tick that the state asks for, or half of that.
private struct ExploredConnection: ExplorableSystem {
  enum Event: Sendable, CustomStringConvertible {
    case receive(Segment)
    case end
    case grant(isOpen: Bool)
    case refuse
    case answer
    case write
    case finishWriting
    case wait
    case tick
    case drain
    case evict

    var description: String {
      switch self {
      case .receive(let segment): "receive \(segment.rawValue)"
      case .end: "end"
      case .grant(let isOpen): isOpen ? "grant to a stranger" : "grant"
      case .refuse: "refuse"
      case .answer: "answered"
      case .write: "wrote"
      case .finishWriting: "written"
      case .wait: "wait"
      case .tick: "tick"
      case .drain: "drain"
      case .evict: "evict"
      }
    }
  }

  /// What the client sends at once.
  enum Segment: String, Sendable, CaseIterable {
    case get = "a request"
    case closing = "a last request"
    case two = "two requests"
    case closingAndMore = "a last request and another"
    case nonsense = "nonsense"
    case start = "the start of a request"
    case rest = "its rest"
    case drip = "a request byte by byte"
    case post = "a head"
    case expecting = "a head that expects 100"
    case chunked = "a head of chunks"
    case postAndBody = "a head, its body and a request"
    case body = "a body"
    case halfBody = "half a body"
    case chunks = "chunks"
    case badChunk = "a bad chunk"

    var text: String {
      let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
      let closing = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
      let post = "POST / HTTP/1.1\r\nHost: h\r\n"
      return switch self {
      case .get: get
      case .closing: closing
      case .two: get + get
      case .closingAndMore: closing + get
      case .nonsense: "no request\r\n\r\n"
      case .start: "GET / HTTP/1.1\r\n"
      case .rest: "Host: h\r\n\r\n"
      case .drip: "GET /?a=012345678901234567890123456789012345 HTTP/1.1\r\nHost: h\r\n\r\n"
      case .post: post + "Content-Length: 2\r\n\r\n"
      case .expecting: post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
      case .chunked: post + "Transfer-Encoding: chunked\r\n\r\n"
      case .postAndBody: post + "Content-Length: 2\r\n\r\nab" + get
      case .body: "ab"
      case .halfBody: "a"
      case .chunks: "1\r\na\r\n0\r\n\r\n"
      case .badChunk: "x\r\n"
      }
    }
  }

  /// What the client has to send next, so that its bytes mean what `Segment` says.
  enum Position: String {
    case start
    case midHead
    case body
    case lastByte
    case chunks
    /// Whatever comes now is part of no request any more.
    case nowhere

    var segments: [Segment] {
      switch self {
      case .start:
        [.get, .closing, .two, .closingAndMore, .nonsense, .start, .drip, .post, .expecting, .chunked, .postAndBody]
      case .midHead: [.rest]
      case .body: [.body, .halfBody]
      case .lastByte: [.halfBody]
      case .chunks: [.chunks, .badChunk]
      case .nowhere: [.get]
      }
    }
  }

  /// What the driver has to do next.
  enum Duty: String {
    case read
    case rest
    case admit
    case answer
    case write
    case interim
    case linger
    case close
  }

  static let limits: Limits = {
    var limits = Limits()
    limits.requestsPerConnection = 3
    limits.headerTime = 400
    limits.bodyTime = 240
    limits.bodyStallTime = 80
    limits.idleTime = 160
    limits.admissionTime = 800
    limits.writeStallTime = 80
    limits.lingerTime = 40
    limits.drainTime = 24
    return limits
  }()

  private var state = ConnectionState(limits: limits, needsAdmission: true, at: 0)
  private var now = 0
  private var way: [Event] = []
  private var duty = Duty.read
  private var position = Position.start
  /// Requests that the client has sent whole and that were not handed to the handler yet.
  private var owed = 0
  /// Requests whose head the client has sent, and their body not.
  private var isBodyOwed = false
  private var isRefused = false
  private var isDraining = false
  private var answersAfterDrain = 0
  private var latestTick = Int.max
  private var hasWaited = false
  private var saysLast = false
  private var responseCount = 0
  /// The last response has been sent.
  private var isOver = false

  init() { latestTick = state.latestTick }

  /// The state shares what it received with its copies, so a copy goes the same way again.
  func copy() -> Self {
    var copy = Self()
    for event in way { do { _ = try copy.apply(event) } catch { preconditionFailure(error.text) } }
    return copy
  }

  var events: [Event] {
    var events: [Event] = []
    switch duty {
    case .read: events = position.segments.map { .receive($0) } + [.end]
    case .linger: events = [.receive(.get), .end]
    case .rest: break
    case .admit: events = [.grant(isOpen: false), .grant(isOpen: true), .refuse]
    case .answer: events = [.answer]
    case .write: events = [.write, .finishWriting]
    case .interim: events = [.finishWriting]
    case .close: return []
    }
    if duty != .admit {
      events.append(.evict)
      if latestTick != .max { events += hasWaited ? [.tick] : [.tick, .wait] }
      if !isDraining { events.append(.drain) }
    }
    return events
  }

  mutating func apply(_ event: Event) throws(BrokenInvariant) -> String {
    way.append(event)
    hasWaited = false
    var action: ConnectionState.Action?
    switch event {
    case .receive(let segment): action = try receive(segment)
    case .end: action = state.receivedEnd()
    case .grant(let isOpen):
      duty = .read
      action = state.grant(BodyUse(keptBytes: 64, isOpen: isOpen), at: now)
    case .refuse:
      duty = .read
      isRefused = true
      action = state.refuse(with: Response(status: .forbidden), at: now)
    case .answer:
      try answered()
      return "write"
    case .write: state.wrote(at: now)
    case .finishWriting:
      if duty == .write, saysLast {
        position = .nowhere
        isOver = true
      }
      action = state.written(at: now)
    case .wait:
      hasWaited = true
      now += max(1, (latestTick - now) / 2)
      action = state.tick(at: now)
    case .tick:
      let due = latestTick
      now = max(now, due)
      action = state.tick(at: now)
      latestTick = state.latestTick
      // Otherwise the server would look at the connection again and again.
      if action == nil, latestTick <= now { throw BrokenInvariant("a tick that was due did nothing and is due again") }
    case .drain:
      isDraining = true
      action = state.drain(at: now)
    case .evict: action = state.evict()
    }
    latestTick = state.latestTick
    guard let action else { return "nothing" }
    return try follow(action)
  }

  private mutating func receive(_ segment: Segment) throws(BrokenInvariant) -> ConnectionState.Action {
    if duty != .linger {
      switch segment {
      case .get, .closing, .rest, .drip: owed += 1
      case .two, .closingAndMore, .postAndBody: owed += 2
      case .post, .expecting, .chunked: isBodyOwed = true
      case .body, .chunks: owed += 1
      case .halfBody: if position == .lastByte { owed += 1 }
      case .nonsense, .start, .badChunk: break
      }
      position =
        switch segment {
        case .start: .midHead
        case .post, .expecting: .body
        case .chunked: .chunks
        case .halfBody: position == .body ? .lastByte : .start
        case .nonsense, .badChunk: .nowhere
        default: .start
        }
    }
    guard segment == .drip else { return state.received(Array(segment.text.utf8).span, at: now) }
    var action: ConnectionState.Action?
    for byte in segment.text.utf8 {
      if case .rest(let latest)? = action {
        now = latest
        action = state.tick(at: now)
        guard action != nil else { throw BrokenInvariant("a rest does not end when it says") }
      }
      // Its time is over, or it is too much.
      if case .refuse? = action { break }
      action = state.received([byte].span, at: now)
    }
    return action!
  }

  /// The driver has the response and sends it.
  private mutating func answered() throws(BrokenInvariant) {
    let framing = state.answered(at: now)
    saysLast = framing.persistence == .close
    responseCount += 1
    try expect(
      saysLast || responseCount < Self.limits.requestsPerConnection, "more responses than a connection may have")
    if isDraining {
      answersAfterDrain += 1
      guard saysLast else { throw BrokenInvariant("a response after the shutdown does not say that it is the last") }
      guard answersAfterDrain == 1 else { throw BrokenInvariant("a second response after the shutdown") }
    }
    duty = .write
    latestTick = state.latestTick
  }

  private mutating func follow(_ action: ConnectionState.Action) throws(BrokenInvariant) -> String {
    let inHand = duty == .answer || duty == .write || duty == .interim || duty == .admit
    switch action {
    case .read, .rest, .linger, .close: break
    case .admit, .answer, .send, .refuse, .sendInterim:
      try expect(!isOver, "another response after the one that said that it is the last")
    }
    switch action {
    case .read(let tick):
      try expect(tick > now, "a read that must end before it begins")
      try expect(tick <= now + 900, "a read without an end in time")
      try expect(duty != .answer && duty != .admit, "reads while a request is in hand")
      latestTick = tick
      if duty != .linger { duty = .read }
      return "read"
    case .rest(let tick):
      try expect(tick > now, "a rest that must end before it begins")
      latestTick = tick
      duty = .rest
      return "rest"
    case .admit:
      try expect(isBodyOwed || owed > 0, "asks to admit a request that nobody sent")
      try expect(duty != .answer && duty != .admit, "two requests in hand")
      duty = .admit
      return "admit"
    case .answer:
      try expect(!isRefused, "hands over a request that the handler refused")
      try expect(owed > 0, "hands over a request that was not sent, or hands it over twice")
      try expect(duty != .answer, "two requests in hand")
      owed -= 1
      isBodyOwed = false
      duty = .answer
      return "answer"
    case .send:
      try expect(isRefused, "sends a refusal that the handler did not make")
      isRefused = false
      if owed > 0 { owed -= 1 }
      isBodyOwed = false
      duty = .answer
      return "send"
    case .refuse(let refusal):
      try expect(duty != .linger, "refuses after the last response")
      // Nothing that came before is answered any more.
      isRefused = false
      position = .nowhere
      duty = .answer
      return "refuse \(refusal.status.code)"
    case .sendInterim:
      try expect(isBodyOwed, "asks for a body that nobody announced")
      duty = .interim
      return "100"
    case .linger:
      try expect(inHand, "lingers without a response")
      duty = .linger
      return "linger"
    case .close:
      duty = .close
      return "close"
    }
  }

  private func expect(_ holds: Bool, _ invariant: String) throws(BrokenInvariant) {
    guard holds else { throw BrokenInvariant(invariant) }
  }

  var fingerprint: String {
    let model =
      "\(duty) \(position) \(owed) \(isBodyOwed) \(isRefused) \(isDraining) \(answersAfterDrain) \(hasWaited) \(saysLast) \(isOver)"
    guard duty != .close else { return "closed" }
    return model
      + Fingerprint.of(
        state, times: ["deadline", "latestTick", "admissionEnd", "restEnd", "until"], ignoring: ["limits"],
        horizon: 1_000
      ) {
        _ in Int64(now)
      }
  }

  var stateName: String {
    guard duty != .close else { return "closed" }
    return Mirror(reflecting: state).children.first { $0.label == "phase" }.map {
      String("\($0.value)".prefix { $0 != "(" })
    } ?? "?"
  }
}

@Suite struct ConnectionExplorationTests {
  @Test("whatever client, handler, clock and shutdown do, each state that a connection reaches keeps what it promises")
  func states() throws {
    let exploration = Exploration<ExploredConnection>(bound: 7)
    print("ConnectionState: \(exploration.summary)")
    #expect(exploration.fault == nil)
    #expect(exploration.stateCount > 1)
    let diagram = StateDiagram(of: exploration, title: "ConnectionState") { event, outcome in
      // A client may send many things; the picture shows what comes of them.
      let cause = event.hasPrefix("receive") ? "bytes" : event == "wait" ? "tick" : event
      return "\(cause.replacing(" to a stranger", with: ""))\(outcome == "nothing" ? "" : ": \(outcome)")"
    }
    #expect(
      diagram.isDrawn(as: "connection-states", in: "Sources/LocalHTTP/LocalHTTP.docc"),
      "the picture is stale: run make diagrams")
  }
}
