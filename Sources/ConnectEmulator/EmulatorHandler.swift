internal import HTTPTypes
package import LocalHTTP
package import Logging
internal import Secrets

/// Serves an emulator over HTTP.
package struct EmulatorHandler: RequestHandler {
  private let emulator: ConnectEmulator
  private let logger: Logger

  package init(_ emulator: ConnectEmulator, logger: Logger) {
    self.emulator = emulator
    self.logger = logger
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    let (outcome, latency) = emulator.answer(EmulatorRequest(request))
    log(request, outcome)
    guard case .response(let response) = outcome else { return .abort }
    guard latency > 0 else { return .now(Response(response)) }
    return .later {
      try? await Task.sleep(for: .seconds(latency))
      return Response(response)
    }
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    Response(status: refusal.status)
  }

  /// One line a call, without anything that is secret even here.
  private func log(_ request: Request, _ outcome: EmulatorOutcome) {
    switch outcome {
    case .response(let response):
      let code = response.fields.first { $0.name == "x-amzn-ErrorType" }?.value.prefix { $0 != ":" } ?? "ok"
      logger.info("call", metadata: ["path": "\(request.path)", "status": "\(response.status)", "outcome": "\(code)"])
    case .drop:
      logger.info("call", metadata: ["path": "\(request.path)", "outcome": "dropped"])
    }
  }

}

extension Response {
  fileprivate init(_ answer: EmulatorResponse) {
    var fields: HTTPFields = [:]
    var mediaType = "application/octet-stream"
    for (name, value) in answer.fields {
      guard let name = HTTPField.Name(name) else { continue }
      if name == .contentType { mediaType = value } else { fields[name] = value }
    }
    self.init(
      status: HTTPResponse.Status(code: answer.status), fields: fields,
      content: Content(mediaType: mediaType, bytes: answer.body), date: answer.date)
  }
}

extension EmulatorRequest {
  fileprivate init(_ request: Request) {
    var fields: [(name: String, value: String)] = []
    request.forEachField { name, value in
      fields.append((String(copying: name), String(copying: value)))
    }
    self.init(
      method: request.method.rawValue, path: request.path, query: request.query ?? "", fields: fields,
      body: request.body)
  }
}

extension String {
  fileprivate init(copying bytes: Span<UInt8>) {
    self.init(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
  }
}
