import Outbound
import Secrets
import System
import Timestamps
import Valkey

@testable import AWS
@testable import Configuration
@testable import Daemon
@testable import LocalHTTP

/// What reads bytes that others choose.
///
/// A crash, a trap or a broken promise is a finding.
package enum Fuzzed: String, CaseIterable, Sendable {
  case request, chunked, extensions, toml, answer, ini, netlink, times, proxies, descriptors
  case resp = "RESP"

  /// Reads `bytes` with the parser; traps where that breaks a promise.
  package func run(_ bytes: [UInt8]) {
    switch self {
    case .request: Self.parseRequests(bytes)
    case .chunked: Self.decodeChunks(bytes)
    case .extensions: Self.checkExtensions(bytes)
    case .toml: _ = try? TOMLDocument.parse(bytes)
    case .answer:
      _ = try? FederationAnswer.decode(
        TransportResponse(status: 200, fields: [], body: Secret(bytes)), AnswerTime(sentAt: 0))
    case .netlink: Self.readNetlink(bytes)
    case .times: Self.readTime(String(decoding: bytes, as: UTF8.self))
    case .proxies: Self.readProxies(String(decoding: bytes, as: UTF8.self))
    case .descriptors: Self.countDescriptors(String(decoding: bytes, as: UTF8.self))
    case .resp: Self.readReplies(bytes)
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
    var body = BodyCollector(BodyUse(keptBytes: .max))
    var position = 0
    let input = [UInt8(ascii: "1")] + bytes + Array("\r\na\r\n0\r\n\r\n".utf8)
    let isWhole = (try? decoder.decode(input.span, &position, into: &body, limits: Limits())) ?? false
    precondition(isWhole == ExtensionGrammar.matches(bytes[...]), "accepts other extensions than the grammar")
    precondition(!isWhole || position == input.count && body.kept?.bytes == [UInt8(ascii: "a")], "reads another body")
  }

  /// The first byte says where to cut the rest in two: what is read must not depend on it, nor hold more than was sent.
  private static func readReplies(_ bytes: [UInt8]) {
    guard let cut = bytes.first.map({ min(Int($0), bytes.count - 1) }) else { return }
    let input = bytes.dropFirst()
    let whole = replies(in: [Array(input)])
    precondition(replies(in: [Array(input.prefix(cut)), Array(input.dropFirst(cut))]) == whole, "depends on the cut")
    precondition(replies(in: input.map { [$0] }) == whole, "depends on the pieces")
    precondition(whole.count <= input.count)
  }

  /// The replies before the first malformed one.
  private static func replies(in pieces: [[UInt8]]) -> [Reply] {
    var parser = ReplyParser()
    var replies: [Reply] = []
    for piece in pieces {
      var offset = 0
      while offset < piece.count {
        do throws(ReplyParser.Malformed) {
          if let reply = try parser.parse(piece.span, &offset) { replies.append(reply) }
        } catch {
          return replies
        }
      }
    }
    return replies
  }

  /// An answer of the kernel is read within its length, and has the addresses of its family.
  private static func readNetlink(_ bytes: [UInt8]) {
    guard let entry = SocketDiagnosis.entry(in: bytes.span, sequence: 1) else { return }
    precondition(bytes.count >= 88 && (entry.local.address.count == 4 || entry.local.address.count == 16))
    precondition(!entry.isHeldAndConnected || entry.inode != 0)
  }

  /// A time lies in the years of a calendar, and is read back from how it is written.
  private static func readTime(_ text: String) {
    for time in [Timestamp.milliseconds(text), Timestamp.epochSeconds(text), Timestamp.epochMilliseconds(text)] {
      guard let time else { continue }
      precondition((-62_135_596_800_000...253_402_300_799_999).contains(time), "reads a time out of range")
      precondition(Timestamp.milliseconds(Timestamp.rfc3339(milliseconds: time)) == time, "reads back another time")
    }
    _ = Timestamp.httpDate(text)
    _ = SigV4.date(ofTimestamp: text)
  }

  /// Lines: the address of a proxy, the list of NO_PROXY, the address of a request.
  private static func readProxies(_ text: String) {
    let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    let middle = lines[0].index(lines[0].startIndex, offsetBy: lines[0].count / 2)
    let address = lines[0][..<middle] + "hunter2" + lines[0][middle...]
    let settings = ProxySettings(environment: ["https_proxy": String(address)])
    precondition(!settings.problems.contains { $0.contains("hunter2") }, "quotes an address")
    guard lines.count == 3 else { return }
    _ = ProxyBypass(lines[1]).contains(lines[2])
  }

  /// Lines: LISTEN_FDS and LISTEN_FDNAMES.
  private static func countDescriptors(_ text: String) {
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let environment = ["LISTEN_PID": "7", "LISTEN_FDS": lines[0], "LISTEN_FDNAMES": lines.last ?? ""]
    guard let found = try? InheritedSockets.descriptors(environment, processID: 7) else { return }
    precondition(found.count <= 64 && found.allSatisfy { 3..<67 ~= $0.descriptor }, "counts others")
    _ = ServiceManager(environment: ["WATCHDOG_USEC": lines[0], "NOTIFY_SOCKET": lines.last ?? ""])
  }
}
