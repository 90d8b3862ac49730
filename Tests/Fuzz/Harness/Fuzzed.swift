import Outbound
import Secrets

@testable import AWS
@testable import Configuration
@testable import LocalHTTP

/// What reads bytes that others choose.
///
/// A crash, a trap or a broken promise is a finding.
enum Fuzzed: String, CaseIterable {
  case request, chunked, toml, answer, ini

  /// Set once, before the first input.
  nonisolated(unsafe) static var chosen = Fuzzed.request

  func run(_ bytes: [UInt8]) {
    switch self {
    case .request: Self.parseRequests(bytes)
    case .chunked: Self.decodeChunks(bytes)
    case .toml: _ = try? TOMLDocument.parse(bytes)
    case .answer:
      _ = try? FederationAnswer.decode(TransportResponse(status: 200, fields: [], body: Secret(bytes)))
    case .ini: _ = try? INIDocument(parsing: Secret(bytes))
    }
  }

  /// The first byte says where to cut the rest in two: what is found must not depend on it.
  private static func parseRequests(_ bytes: [UInt8]) {
    guard let cut = bytes.first.map({ min(Int($0), bytes.count - 1) }) else { return }
    let input = bytes.dropFirst()
    let whole = outcome(of: [input])
    precondition(outcome(of: [input.prefix(cut), input.dropFirst(cut)]) == whole, "depends on the cut")
    guard whole.isComplete else { return }
    let twice = Outcome(requests: whole.requests + whole.requests, isComplete: true)
    precondition(outcome(of: [input, input]) == twice, "depends on what came before")
  }

  private struct Outcome: Equatable {
    var requests: [String]
    /// Nothing was refused, and nothing of a further request has come.
    var isComplete: Bool
  }

  private static func outcome(of pieces: [ArraySlice<UInt8>]) -> Outcome {
    var parser = RequestParser(limits: Limits())
    var outcome: [String] = []
    for piece in pieces.map(Array.init) {
      var position = 0
      do throws(Refusal) {
        while position < piece.count {
          guard let request = try parser.parse(piece.span, &position) else { continue }
          outcome.append("\(request.method) \(request.path) \(request.body) \(request.authority ?? "")")
          outcome.append("\((try? request.pathSegments()) ?? []) \((try? request.queryItems())?.count ?? -1)")
          precondition(request.path.utf8.count <= Limits().target && request.body.count <= Limits().body)
          parser.reset()
        }
      } catch {
        return Outcome(requests: outcome + ["\(error)"], isComplete: false)
      }
    }
    return Outcome(requests: outcome, isComplete: parser.isAtStart)
  }

  private static func decodeChunks(_ bytes: [UInt8]) {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    var position = 0
    _ = try? decoder.decode(bytes.span, &position, into: &body, limits: Limits())
    precondition(body.count <= bytes.count && position <= bytes.count)
  }
}
