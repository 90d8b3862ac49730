import Synchronization
import TestSupport

/// A request as a loopback server read it.
struct ReceivedRequest {
  let method: String
  /// Path and query.
  let target: String
  let body: String
  private let fields: [String: String]

  init(_ text: String) {
    // A line end is one `Character` in Swift.
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ")
    (method, target) = (String(words[0]), String(words[1]))
    let end = lines.firstIndex(of: "") ?? lines.endIndex
    body = lines[end...].dropFirst().joined(separator: "\r\n")
    fields = Dictionary(
      lines[1..<end].map { line in
        let name = line.prefix { $0 != ":" }
        return (name.lowercased(), String(line.dropFirst(name.count + 1).drop { $0 == " " }))
      }, uniquingKeysWith: { "\($0), \($1)" })
  }

  subscript(_ name: String) -> String? { fields[name.lowercased()] }
}

/// What a loopback server does with a request.
enum ScriptedAnswer {
  case response(_ status: String = "200 OK", _ body: String = "", fields: String = "")
  /// Says nothing until the client goes.
  case silence
  case reset
  /// Bytes that are no response.
  case raw(String)
}

extension LoopbackServer {
  /// Answers by a rule.
  convenience init(answering answer: @escaping @Sendable (ReceivedRequest) -> ScriptedAnswer) {
    self.init { connection in
      while let text = connection.readRequest() {
        switch answer(ReceivedRequest(text)) {
        case .response(let status, let body, let fields): connection.respond(body, status: status, fields: fields)
        case .silence: return connection.waitForClose()
        case .reset: return connection.resetOnClose()
        case .raw(let text):
          connection.write(text)
          return
        }
      }
    }
  }

  /// Answers with each in turn, and with 599 when none is left.
  convenience init(answers: [ScriptedAnswer]) {
    let left = AnswerList(answers)
    self.init { _ in left.next() }
  }

  var received: [ReceivedRequest] { requests.map(ReceivedRequest.init) }
}

private final class AnswerList: Sendable {
  private let answers: Mutex<[ScriptedAnswer]>

  init(_ answers: [ScriptedAnswer]) {
    self.answers = Mutex(answers)
  }

  func next() -> ScriptedAnswer {
    answers.withLock { $0.isEmpty ? .response("599 None Left") : $0.removeFirst() }
  }
}
