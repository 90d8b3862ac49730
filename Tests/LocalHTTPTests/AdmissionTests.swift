import HTTPTypes
import Secrets
import Testing

@testable import LocalHTTP

/// What a connection keeps of a client before its handler admits one, and how long it waits for that.
@Suite struct AdmissionTests {
  private static let refusal = Admission.refused(Response(status: .unauthorized))
  private static let size = 65_535

  private func post(_ fields: String, _ body: String = "") -> String {
    "POST /p HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)"
  }

  @Test(
    "a refused request is answered after its body, and the connection goes on",
    arguments: ["Content-Length: 6\r\n", "Transfer-Encoding: chunked\r\n"])
  func refused(_ fields: String) {
    let body = fields.hasPrefix("C") ? ["abc", "def"] : ["3\r\nabc\r\n", "3\r\ndef\r\n0\r\n\r\n"]
    for isWhole in [true, false] {
      var peer = StatePeer()
      peer.admission = Self.refusal
      if isWhole {
        #expect(peer.receive(post(fields, body.joined()) + get("/next")) == "send 401")
        #expect(peer.answer() == (.implied, "answer /next"))
      } else {
        #expect(peer.receive(post(fields)) == "read")
        #expect(peer.receive(body[0]) == "read")
        #expect(peer.receive(body[1] + get("/next")) == "send 401")
        #expect(peer.answer() == (.implied, "answer /next"))
      }
    }
  }

  @Test("an ill-framed body is a 400 for a refused client too")
  func illFramed() {
    var peer = StatePeer()
    peer.admission = Self.refusal
    #expect(peer.receive(post("Transfer-Encoding: chunked\r\n", "1\r\nab")) == "refuse 400")
  }

  @Test("a refused client that waits for 100 Continue is told at once, and closed")
  func expectation() {
    var peer = StatePeer()
    peer.admission = Self.refusal
    #expect(peer.receive(post("Expect: 100-continue\r\nContent-Length: 5\r\n")) == "send 401")
    #expect(peer.answer() == (.close, "linger"))
  }

  @Test("a refused request over HTTP/1.0 closes as any other")
  func old() {
    var peer = StatePeer()
    peer.admission = Self.refusal
    #expect(peer.receive("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab") == "send 401")
    #expect(peer.answer() == (.close, "linger"))
  }

  @Test("nothing is kept of a refused request, whatever head and body it has")
  func nothingKept() {
    let head = "X: \(String(repeating: "x", count: 31_000))\r\n"
    for fields in ["Content-Length: \(Self.size)\r\n", "Transfer-Encoding: chunked\r\n"] {
      var peer = StatePeer()
      peer.admission = Self.refusal
      #expect(peer.receive(post(head + fields)) == "read")
      #expect(peer.state.strangersByteCount == 0)
      if fields.hasPrefix("T") { #expect(peer.receive("FFFF\r\n") == "read") }
      #expect(peer.receive(String(repeating: "b", count: 10_000)) == "read")
      #expect(peer.state.strangersByteCount == 0)
    }
  }

  @Test("what is kept of those who are not admitted is counted: heads, open requests, trailers, requests behind")
  func counted() {
    let large = String(repeating: "x", count: 31_000)
    var head = StatePeer()
    #expect(head.receive("GET / HTTP/1.1\r\nX: \(large)") == "read")
    #expect(head.state.strangersByteCount >= 31_000)
    var open = StatePeer()
    open.admission = .granted(BodyUse(keptBytes: 4096, isOpen: true))
    #expect(open.receive(post("X: \(large)\r\nContent-Length: 4096\r\n", "abc")) == "read")
    #expect(open.state.strangersByteCount >= 31_000)
    var trailer = StatePeer()
    trailer.admission = Self.refusal
    #expect(trailer.receive(post("Transfer-Encoding: chunked\r\n", "0\r\nX: \(large)")) == "read")
    #expect(trailer.state.strangersByteCount >= 31_000)
    var behind = StatePeer()
    #expect(behind.receive(get("/") + "GET /2 HTTP/1.1\r\nX: \(large)") == "answer /")
    #expect(behind.state.strangersByteCount >= 31_000)
    var trusted = StatePeer()
    trusted.admission = .granted(BodyUse(keptBytes: 4096))
    #expect(trusted.receive(post("X: \(large)\r\nContent-Length: 4096\r\n", "abc")) == "read")
    #expect(trusted.state.strangersByteCount == 0)
  }

  @Test("a body that is not needed is dropped, one that is longer than what is kept is 413")
  func keptBytes() {
    var dropped = StatePeer()
    dropped.admission = .granted(BodyUse())
    #expect(dropped.receive(post("Content-Length: 3\r\n", "abc")) == "answer /p")
    #expect(dropped.bodyCount == 0)
    var kept = StatePeer()
    kept.admission = .granted(BodyUse(keptBytes: 4))
    #expect(kept.receive(post("Content-Length: 4\r\n", "abcd")) == "answer /p")
    #expect(kept.bodyCount == 4)
    #expect(kept.answer() == (.implied, "read"))
    #expect(kept.receive(post("Content-Length: 5\r\n", "abcde")) == "refuse 413")
    var chunked = StatePeer()
    chunked.admission = .granted(BodyUse(keptBytes: 4))
    #expect(chunked.receive(post("Transfer-Encoding: chunked\r\n", "4\r\nabcd\r\n1\r\n")) == "refuse 413")
  }

  @Test("a dropped body has its digest where that is asked for")
  func digest() throws {
    var state = ConnectionState(limits: Limits(), at: 0)
    guard case .admit = state.received(Array(post("Transfer-Encoding: chunked\r\n").utf8).span, at: 0),
      case .read = state.grant(BodyUse(needsDigest: true), at: 0),
      case .read = state.received(Array("1\r\na\r\n".utf8).span, at: 0),
      case .answer(let request) = state.received(Array("2\r\nbc\r\n0\r\n\r\n".utf8).span, at: 0)
    else { return #expect(Bool(false), "not the actions expected") }
    #expect(request.body.isEmpty)
    #expect(request.bodyDigest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("a connection that needs an admitted request ends without one, whatever it sends meanwhile")
  func admissionTime() {
    var idle = StatePeer(needsAdmission: true)
    #expect(idle.tick(after: 4_999) == "nothing")
    #expect(idle.tick(after: 1) == "close")
    var asking = StatePeer(needsAdmission: true)
    for _ in 0..<4 {
      #expect(asking.tick(after: 1_000) == "nothing")
      #expect(asking.receive(get("/")) == "answer /")
      #expect(asking.answer() == (.implied, "read"))
    }
    #expect(asking.tick(after: 1_000) == "close")
    var slow = StatePeer(needsAdmission: true)
    #expect(slow.receive("G") == "read")
    #expect(slow.tick(after: 5_000) == "refuse 408")
    #expect(slow.answer() == (.close, "linger"))
    #expect(slow.tick(after: 1_999) == "nothing")
    #expect(slow.tick(after: 1) == "close")
    var deaf = StatePeer(needsAdmission: true)
    #expect(deaf.receive(get("/")) == "answer /")
    _ = deaf.state.answered(at: 0)
    #expect(deaf.tick(after: 5_000) == "close")
  }

  @Test("a connection with an admitted request has the usual times from then on")
  func admitted() {
    var peer = StatePeer(needsAdmission: true)
    #expect(peer.receive(get("/")) == "answer /")
    peer.state.admitted()
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.tick(after: 59_999) == "nothing")
    #expect(peer.tick(after: 1) == "close")
  }

  @Test("a request that drips is read in few turns, and is answered all the same")
  func rest() {
    var peer = StatePeer()
    var reads = 0
    var rests = 0
    var action = ""
    for byte in get("/\(String(repeating: "a", count: 60))") {
      action = peer.receive(String(byte))
      reads += 1
      if action == "rest" {
        rests += 1
        #expect(peer.tick(after: 99) == "nothing")
        #expect(peer.tick(after: 1) == "read")
      }
    }
    #expect(action.hasPrefix("answer /a"))
    #expect(reads - rests == 65)
    #expect(peer.answer() == (.implied, "read"))
    #expect(peer.receive("G") == "read")
  }

  @Test("whoever is evicted is told 503, after an answer under way, and is closed in the middle of one")
  func eviction() {
    var header = StatePeer()
    #expect(header.receive("G") == "read")
    #expect(header.evict() == "refuse 503")
    #expect(header.state.strangersByteCount == 0)
    #expect(header.answer() == (.close, "linger"))
    var answering = StatePeer()
    #expect(answering.receive(get("/1") + get("/2")) == "answer /1")
    #expect(answering.evict() == "nothing")
    #expect(answering.state.strangersByteCount == 0)
    #expect(answering.answer() == (.close, "linger"))
    var writing = StatePeer()
    #expect(writing.receive(get("/1") + get("/2")) == "answer /1")
    _ = writing.state.answered(at: 0)
    #expect(writing.evict() == "close")
  }
}

@Suite struct StrangersMemoryTests {
  private final class Evictions: Sendable {
    private let (stream, continuation) = AsyncStream<UInt64>.makeStream()

    func note(_ number: UInt64) { continuation.yield(number) }

    func all() async -> [UInt64] {
      continuation.finish()
      return await stream.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("the oldest goes first, as many as have to")
  func oldest() async throws {
    let memory = StrangersMemory(limit: 100)
    let evictions = Evictions()
    let numbers = try (0..<4).map { _ in try #require(memory.hold(30, as: nil, evictions.note)) }
    #expect(memory.total == 90)
    _ = memory.hold(95, as: numbers[3], evictions.note)
    #expect(memory.total == 95)
    #expect(await evictions.all() == [numbers[0], numbers[1], numbers[2]])
  }

  @Test("what is answered is not counted any more, and what was evicted stays evicted")
  func release() async throws {
    let memory = StrangersMemory(limit: 100)
    let evictions = Evictions()
    let first = try #require(memory.hold(60, as: nil, evictions.note))
    #expect(memory.hold(0, as: first, evictions.note) == nil)
    #expect(memory.total == 0)
    let second = try #require(memory.hold(60, as: nil, evictions.note))
    _ = memory.hold(60, as: nil, evictions.note)
    // It has grown before it heard of its eviction.
    #expect(memory.hold(61, as: second, evictions.note) == second)
    #expect(memory.total == 60)
    #expect(await evictions.all() == [second])
  }
}
