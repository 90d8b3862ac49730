import HTTPTypes
import TestSupport
import Testing

@testable import LocalHTTP

@Suite struct ConformanceTests {
  @Test("the parser finds the same whole, byte by byte and cut at every offset", arguments: Rule.all)
  func parsing(_ rule: Rule) {
    let expected = Finding(rule)
    #expect(find([rule.bytes[...]]) == expected)
    #expect(find(rule.bytes.indices.map { rule.bytes[$0...$0] }) == expected, "byte by byte")
    #expect(rule.cuts.filter { find([rule.bytes[..<$0], rule.bytes[$0...]]) != expected } == [])
  }

  /// What the parser made of the bytes of one connection.
  private struct Finding: Equatable {
    var requests: [String] = []
    var status: Int?

    init() {}

    init(_ rule: Rule) {
      requests = rule.requests
      if case .refused(let status) = rule.ending { self.status = status }
    }
  }

  /// Feeds `pieces` one after another, as a connection would that a request can ask to close.
  private func find(_ pieces: [ArraySlice<UInt8>]) -> Finding {
    var parser = RequestParser(limits: Limits())
    var finding = Finding()
    for piece in pieces {
      let bytes = Array(piece)
      var position = 0
      do throws(Refusal) {
        while position < bytes.count {
          guard let request = try parser.parse(bytes.span, &position) else { continue }
          finding.requests.append(StubHandler.words(for: request))
          if request.responseFraming.persistence == .close { return finding }
          parser.reset()
        }
      } catch {
        finding.status = error.status.code
        return finding
      }
    }
    return finding
  }
}

extension Rule {
  /// Where to cut the bytes in two: everywhere, but of long ones only near their ends.
  var cuts: [Int] {
    bytes.indices.dropFirst().filter { $0 < 300 || bytes.count - $0 < 50 }
  }
}

extension LiveTests {
  @Suite struct LiveConformanceTests {
    @Test("the server answers so, and keeps or closes the connection", arguments: Rule.all)
    func answering(_ rule: Rule) async throws {
      let live = try LiveServer()
      try await RawClient.onThread { [address = live.address] in
        try check(rule, RawClient(address)) { try $0.send(rule.bytes) }
        guard rule.bytes.count < 1000 else { return }
        try check(rule, RawClient(address)) { client in
          for byte in rule.bytes { try client.send([byte]) }
        }
        guard case .open = rule.ending else { return }
        for cut in rule.cuts {
          try check(rule, RawClient(address)) { client in
            try client.send(Array(rule.bytes[..<cut]))
            try client.send(Array(rule.bytes[cut...]))
          }
        }
      }
      await live.shutdown()
    }

    /// Sends the bytes and reads every answer up to what proves that the connection is open or closed.
    private func check(_ rule: Rule, _ client: RawClient, sending send: (RawClient) throws -> Void) throws {
      do { try send(client) } catch {
        // Refused, or closed behind the last request, before all was sent.
        guard rule.ending != .open, rule.ending != .unfinished else { throw error }
      }
      for request in rule.requests {
        let isHead = request.hasPrefix("HEAD ")
        let response = try client.readFinalResponse(hasBody: !isHead)
        #expect(response.status == 200)
        if !isHead { #expect(response.text == "\(request) tcp") }
      }
      switch rule.ending {
      case .open:
        try client.send(get("/still-open"))
        #expect(try client.readFinalResponse().text == "GET /still-open  tcp")
        client.finishSending()
      case .refused(let status):
        let response = try client.readFinalResponse()
        #expect(response.status == status)
        #expect(response.value("connection") == "close")
      case .closed:
        // A client that sends on behind its last request may find the connection reset, after the answer.
        do { #expect(try client.readToEnd().isEmpty) } catch let failure as RawClient.Failure {
          #expect(failure.isReset, "\(failure)")
        }
        return
      case .unfinished: client.finishSending()
      }
      #expect(try client.readToEnd().isEmpty)
    }
  }
}

extension RawClient {
  /// The next response that is not `100 Continue`, which depends on how the bytes were cut.
  fileprivate func readFinalResponse(hasBody: Bool = true) throws -> Response {
    while true {
      let response = try readResponse(hasBody: hasBody)
      if response.status != 100 { return response }
    }
  }
}
