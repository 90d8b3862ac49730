internal import AWS
internal import Outbound
internal import Secrets

/// The output of `--debug`: the steps of a command on standard error, secrets redacted.
struct DebugOutput: Sendable {
  let isOn: Bool

  func write(_ text: @autoclosure () -> String) {
    guard isOn else { return }
    let lines = text().split(separator: "\n", omittingEmptySubsequences: false)
    StandardError.write(lines.map { "debug: \($0)\n" }.joined())
  }

  /// Writes a request as it is sent, and the canonical request that was signed.
  func write(request url: String, path: String, _ fields: [(name: String, value: Secret)]) {
    guard isOn else { return }
    let shown = fields.map { field in
      (name: field.name, value: Self.secretFields.contains(field.name) ? Secret("<secret>") : field.value)
    }
    write("GET \(url)\n" + shown.map { "\($0.name): \($0.value.exposed)" }.joined(separator: "\n"))
    let signed = shown.filter { $0.name != "Authorization" }
    guard signed.count < shown.count else { return }
    let canonical = SigV4.canonicalRequest(
      SigV4.Request(method: "GET", path: path, fields: signed),
      signedNames: signed.map { $0.name.lowercased() }.sorted())
    write("canonical request:\n\(canonical.exposed)")
  }

  func write(_ result: Result<TransportResponse, TransportError>, milliseconds: Int64) {
    switch result {
    case .success(let response):
      let requestID = response["x-amzn-RequestId"].map { ", request id \($0)" } ?? ""
      write("status \(response.status) after \(milliseconds) ms\(requestID)")
    case .failure(let error):
      write("no answer after \(milliseconds) ms: \(error.message)")
    }
  }

  /// A signature is valid for minutes, a session token for hours.
  private static let secretFields: Set<String> = ["Authorization", "X-Amz-Security-Token"]
}
