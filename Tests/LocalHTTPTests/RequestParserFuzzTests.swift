import TestSupport
import Testing

@testable import LocalHTTP

private let corpus = [
  "GET /v1/instances/sales/token?min_ttl=60 HTTP/1.1\r\nHost: 127.0.0.1:2776\r\nAccept-Encoding: gzip;q=0.5, *\r\n\r\n",
  "POST /a HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhello",
  "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
  "GET http://h:1/p?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
]

@Suite struct RequestParserFuzzTests {
  @Test("damaged requests do no harm, and mean the same however they are cut", arguments: 0..<200)
  func damaged(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for text in corpus {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &generator) { damage(&bytes, &generator) }
      let whole = outcome(of: [bytes[...]])
      #expect(outcome(of: pieces(of: bytes, &generator)) == whole, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  private func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let special = Array("\r\n\0 :;,\t/?%[]0f\u{7f}".utf8) + [0x80, 0xFF]
    guard let index = bytes.indices.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: bytes.remove(at: index)
    case 1: bytes.insert(special.randomElement(using: &generator) ?? 0, at: index)
    case 2: bytes[index] = special.randomElement(using: &generator) ?? 0
    default: bytes.insert(contentsOf: bytes[index...].prefix(20), at: index)
    }
  }

  private func pieces(of bytes: [UInt8], _ generator: inout SeededGenerator) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      pieces.append(rest.prefix(Int.random(in: 1...9, using: &generator)))
      rest = rest.dropFirst(pieces[pieces.count - 1].count)
    }
    return pieces
  }

  /// The requests' paths and bodies, and then the refusal if there was one.
  private func outcome(of pieces: [ArraySlice<UInt8>]) -> [String] {
    var parser = RequestParser(limits: Limits())
    var outcome: [String] = []
    for piece in pieces.map(Array.init) {
      var position = 0
      do throws(Refusal) {
        while position < piece.count {
          guard let request = try parser.parse(piece.span, &position) else { continue }
          outcome.append("\(request.path) \(request.body) \(request.authority ?? "")")
          outcome.append("\((try? request.pathSegments()) ?? []) \((try? request.queryItems())?.count ?? -1)")
          parser.reset()
        }
      } catch {
        return outcome + ["\(error)"]
      }
    }
    return outcome
  }
}
