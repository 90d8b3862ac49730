import HTTPTypes
import Testing

@testable import LocalHTTP

/// A connection state with its clock, and its actions as words.
struct StatePeer {
  var state: ConnectionState
  var now = 0
  /// What the handler says of a request with a body.
  var admission = Admission.granted(BodyUse(keptBytes: .max))

  /// Of the request last answered.
  private(set) var bodyCount = 0

  init(_ limits: Limits = Limits(), needsAdmission: Bool = false) {
    state = ConnectionState(limits: limits, needsAdmission: needsAdmission, at: 0)
  }

  mutating func receive(_ text: String) -> String {
    describe(admitted(state.received(Array(text.utf8).span, at: now)))
  }

  /// Acts for the handler where the next action is to ask it for an admission.
  private mutating func admitted(_ first: ConnectionState.Action) -> ConnectionState.Action {
    var action = first
    if case .admit = action {
      switch admission {
      case .granted(let use): action = state.grant(use, at: now)
      case .refused(let response): action = state.refuse(with: response, at: now)
      }
    }
    if case .answer(let request) = action { bodyCount = request.body.count }
    return action
  }

  /// Answers and writes whole; returns the framing's persistence and what comes next.
  mutating func answer() -> (ResponseFraming.Persistence, String) {
    let framing = state.answered(at: now)
    return (framing.persistence, describe(admitted(state.written(at: now))))
  }

  mutating func written() -> String { describe(admitted(state.written(at: now))) }

  mutating func tick(after milliseconds: Int) -> String {
    now += milliseconds
    return state.tick(at: now).map(describe) ?? "nothing"
  }

  mutating func drain() -> String { state.drain(at: now).map(describe) ?? "nothing" }

  mutating func evict() -> String { state.evict().map(describe) ?? "nothing" }

  private func describe(_ action: ConnectionState.Action) -> String {
    switch action {
    case .read: "read"
    case .rest: "rest"
    case .admit(let request): "admit \(request.path)"
    case .send(let response): "send \(response.status.code)"
    case .answer(let request): "answer \(request.path)"
    case .refuse(let refusal): "refuse \(refusal.status.code)"
    case .sendInterim: "interim"
    case .linger: "linger"
    case .close: "close"
    }
  }
}

@Suite struct ConnectionStateTests {
  @Test("a connection stays open from one request to the next")
  func keepAlive() {
    var peer = StatePeer()
    #expect(peer.receive(get("/1")) == "answer /1")
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.receive(get("/2")) == "answer /2")
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.state.receivedEnd().isClose)
  }

  @Test("pipelined requests are answered one by one, in their order")
  func pipelining() {
    var peer = StatePeer()
    #expect(peer.receive(get("/1") + get("/2") + "GET /3 HTTP/1.1\r\nHo") == "answer /1")
    #expect(peer.answer() == (.implied, "answer /2"))
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.receive("st: h\r\n\r\n" + get("/4")) == "answer /3")
    #expect(peer.answer() == (.implied, "answer /4"))
    #expect(peer.answer() == (.implied, "read"))
  }

  @Test(
    "a connection closes as its request asks",
    arguments: [
      ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", ResponseFraming.Persistence.implied),
      ("GET / HTTP/1.1\r\nHost: h\r\nConnection: CLOSE\r\n\r\n", .close),
      ("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n\r\n", .close),
      ("GET / HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close\r\n\r\n", .close),
      ("GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", .implied),
      ("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", .close),
      ("GET / HTTP/1.0\r\n\r\n", .close),
      ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", .keepAlive),
      ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", .close),
    ])
  func persistence(_ request: String, _ expected: ResponseFraming.Persistence) {
    var peer = StatePeer()
    #expect(peer.receive(request) == "answer /")
    #expect(peer.answer() == (expected, expected == .close ? "close" : "read"))
  }

  /// RFC 9112 §9.6: a server that closes while more arrives resets the connection, and the response may be lost.
  @Test("a connection closes at once only behind a whole request that says it is the last")
  func closingAtOnce() {
    let close = "Connection: close\r\n"
    var whole = StatePeer()
    #expect(whole.receive("POST / HTTP/1.1\r\nHost: h\r\n\(close)Content-Length: 2\r\n\r\nab") == "answer /")
    #expect(whole.answer() == (.close, "close"))
    var followed = StatePeer()
    #expect(followed.receive(get("/", close) + "\r\n") == "answer /")
    #expect(followed.answer() == (.close, "linger"))
    var malformed = StatePeer()
    #expect(malformed.receive("GET / HTTP/1.1\r\n\(close)\r\n") == "refuse 400")
    #expect(malformed.answer() == (.close, "linger"))
  }

  @Test("what comes after a request that closes is never answered")
  func afterClose() {
    var peer = StatePeer()
    #expect(peer.receive(get("/1", "Connection: close\r\n") + get("/2")) == "answer /1")
    #expect(peer.answer() == (.close, "linger"))
    #expect(peer.receive(get("/3")) == "read")
    #expect(peer.tick(after: 1999) == "nothing")
    #expect(peer.tick(after: 1) == "close")
  }

  @Test("what comes after a malformed request is never answered")
  func afterRefusal() {
    var peer = StatePeer()
    #expect(peer.receive("GET / HTTP/1.1\r\n\r\n" + get("/2")) == "refuse 400")
    #expect(peer.answer() == (.close, "linger"))
    #expect(peer.receive(get("/3")) == "read")
  }

  @Test("a malformed request after a good one is refused when its turn comes")
  func refusalInPipeline() {
    var peer = StatePeer()
    #expect(peer.receive(get("/1") + "nonsense\r\n") == "answer /1")
    #expect(peer.answer() == (.implied, "refuse 400"))
  }

  @Test("a HEAD's answer omits its content, and who accepts gzip gets it")
  func framing() {
    var peer = StatePeer()
    #expect(
      peer.receive("HEAD / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n") == "answer /")
    #expect(
      peer.state.answered(at: 0) == ResponseFraming(omitsContent: true, acceptsGzip: true, persistence: .implied))
  }

  @Test("100 Continue is sent when the body is awaited, and only once")
  func interim() {
    var peer = StatePeer()
    let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    #expect(peer.receive(head) == "interim")
    #expect(peer.written() == "read")
    #expect(peer.receive("a") == "read")
    #expect(peer.receive("b") == "answer /")
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.receive(head + "a") == "read")
    #expect(peer.receive("b" + head) == "answer /")
    #expect(peer.answer() == (.implied, "interim"))
  }

  @Test("an idle connection is closed without a word")
  func idle() {
    var peer = StatePeer()
    #expect(peer.tick(after: 59_999) == "nothing")
    #expect(peer.receive(get("/")) == "answer /")
    #expect(peer.tick(after: 1_000_000) == "nothing")
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.tick(after: 59_999) == "nothing")
    #expect(peer.tick(after: 1) == "close")
  }

  @Test("a header has its time as a whole, however steadily it drips")
  func lateHeader() {
    var peer = StatePeer()
    #expect(peer.receive("G") == "read")
    #expect(peer.tick(after: 6_000) == "nothing")
    #expect(peer.receive("E") == "read")
    #expect(peer.tick(after: 4_000) == "refuse 408")
    #expect(peer.answer() == (.close, "linger"))
  }

  @Test("a body must come within its time, and without long pauses")
  func lateBody() {
    var stalled = StatePeer()
    let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n"
    #expect(stalled.receive(head) == "read")
    #expect(stalled.tick(after: 9_999) == "nothing")
    #expect(stalled.tick(after: 1) == "refuse 408")
    var dripping = StatePeer()
    #expect(dripping.receive(head) == "read")
    for _ in 1...5 {
      #expect(dripping.tick(after: 5_999) == "nothing")
      #expect(dripping.receive("a") == "read")
    }
    #expect(dripping.tick(after: 5) == "refuse 408")
  }

  @Test("a client that takes nothing of its answer is dropped")
  func writeStall() {
    var peer = StatePeer()
    #expect(peer.receive(get("/")) == "answer /")
    _ = peer.state.answered(at: 0)
    #expect(peer.tick(after: 29_999) == "nothing")
    peer.state.wrote(at: peer.now)
    #expect(peer.tick(after: 29_999) == "nothing")
    #expect(peer.tick(after: 1) == "close")
  }

  @Test("the last request that a connection may make is told so")
  func requestLimit() {
    var limits = Limits()
    limits.requestsPerConnection = 2
    var peer = StatePeer(limits)
    #expect(peer.receive(get("/1") + get("/2") + get("/3")) == "answer /1")
    #expect(peer.answer() == (.implied, "answer /2"))
    #expect(peer.answer() == (.close, "linger"))
  }

  @Test("a shutdown closes idle connections and lets the others finish")
  func drain() {
    var idle = StatePeer()
    #expect(idle.receive(get("/")) == "answer /")
    #expect(idle.answer() == (.implied, "read"))
    #expect(idle.drain() == "close")
    var answering = StatePeer()
    #expect(answering.receive(get("/")) == "answer /")
    #expect(answering.drain() == "nothing")
    #expect(answering.answer() == (.close, "linger"))
    var receiving = StatePeer()
    #expect(receiving.receive("GET") == "read")
    #expect(receiving.drain() == "nothing")
    #expect(receiving.receive(" / HTTP/1.1\r\nHost: h\r\n\r\n") == "answer /")
    #expect(receiving.answer() == (.close, "linger"))
  }

  @Test("a shutdown waits a moment for the first request of a connection, and no longer")
  func drainOfNewConnection() {
    var prompt = StatePeer()
    #expect(prompt.drain() == "read")
    #expect(prompt.tick(after: Limits().drainTime - 1) == "nothing")
    #expect(prompt.receive(get("/")) == "answer /")
    #expect(prompt.answer() == (.close, "linger"))
    var silent = StatePeer()
    #expect(silent.drain() == "read")
    #expect(silent.tick(after: Limits().drainTime) == "close")
  }

  @Test("a refused client gets the refusal and no more")
  func busy() {
    var peer = StatePeer()
    guard case .refuse(.busy) = peer.state.refuse(.busy) else { return #expect(Bool(false), "no refusal") }
    #expect(peer.answer() == (.close, "linger"))
  }
}

extension ConnectionState.Action {
  fileprivate var isClose: Bool { if case .close = self { true } else { false } }
}
