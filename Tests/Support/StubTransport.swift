package import Outbound
internal import Secrets
internal import Synchronization

/// Answers requests from a list, in order, and keeps them for looking at.
package final class StubTransport: HTTPTransport {
  package typealias Answer = Result<TransportResponse, TransportError>

  private struct State {
    var answers: [Answer]
    var requests: [TransportRequest] = []
  }

  private let state: Mutex<State>

  package init(_ answers: [Answer]) {
    state = Mutex(State(answers: answers))
  }

  /// What was sent so far.
  package var requests: [TransportRequest] { state.withLock { $0.requests } }

  /// Adds to the answers to come.
  package func answerNext(_ answer: Answer) {
    state.withLock { $0.answers.append(answer) }
  }

  package func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let answer: Answer = state.withLock { state in
      state.requests.append(request)
      guard !state.answers.isEmpty else {
        return .failure(TransportError(.invalidRequest, "the stub has no answer left"))
      }
      return state.answers.removeFirst()
    }
    return try answer.get()
  }
}

extension StubTransport.Answer {
  package static func response(
    _ status: Int, _ fields: KeyValuePairs<String, String> = [:], body: String = ""
  ) -> Self {
    .success(
      TransportResponse(
        status: status, fields: fields.map { (name: $0.key, value: $0.value) }, body: Secret(body)))
  }

  package static func failure(_ reason: TransportError.Reason) -> Self {
    .failure(TransportError(reason, "scripted"))
  }
}

extension TransportRequest {
  /// The value of the first field of that name, for tests to look at.
  package func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value.exposed
  }
}
