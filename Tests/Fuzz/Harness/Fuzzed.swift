import Outbound
import Secrets
import System

@testable import AWS
@testable import Configuration
@testable import LocalHTTP

/// What reads bytes that others choose.
///
/// A crash, a trap or a broken promise is a finding.
enum Fuzzed: String, CaseIterable {
  case request, chunked, extensions, toml, answer, ini, netlink

  /// Set once, before the first input.
  nonisolated(unsafe) static var chosen = Fuzzed.request

  func run(_ bytes: [UInt8]) {
    switch self {
    case .request: Self.parseRequests(bytes)
    case .chunked: Self.decodeChunks(bytes)
    case .extensions: Self.checkExtensions(bytes)
    case .toml: _ = try? TOMLDocument.parse(bytes)
    case .answer:
      _ = try? FederationAnswer.decode(
        TransportResponse(status: 200, fields: [], body: Secret(bytes)), AnswerTime(sentAt: 0))
    case .netlink: Self.readNetlink(bytes)
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
    var body = BodyCollector(BodyUse(keptBytes: .max))
    var position = 0
    _ = try? decoder.decode(bytes.span, &position, into: &body, limits: Limits())
    precondition(body.count <= bytes.count && position <= bytes.count)
  }

  /// What stands between a chunk size and its CRLF is accepted exactly where the RFC's grammar has it.
  private static func checkExtensions(_ bytes: [UInt8]) {
    // Another digit would be a part of the size.
    guard bytes.count < ChunkedDecoder.extensionLimit, bytes.first?.hexadecimalValue == nil,
      !bytes.contains(UInt8(ascii: "\r"))
    else { return }
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    var position = 0
    let input = [UInt8(ascii: "1")] + bytes + Array("\r\na\r\n0\r\n\r\n".utf8)
    let isWhole = (try? decoder.decode(input.span, &position, into: &body, limits: Limits())) ?? false
    precondition(isWhole == ExtensionGrammar.matches(bytes[...]), "accepts other extensions than the grammar")
    precondition(!isWhole || position == input.count && body == [UInt8(ascii: "a")], "reads another body")
  }

  /// An answer of the kernel is read within its length, and has the addresses of its family.
  private static func readNetlink(_ bytes: [UInt8]) {
    guard let entry = SocketDiagnosis.entry(in: bytes.span, sequence: 1) else { return }
    precondition(bytes.count >= 88 && (entry.local.address.count == 4 || entry.local.address.count == 16))
    precondition(!entry.isHeldAndConnected || entry.inode != 0)
  }
}
