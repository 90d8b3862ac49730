internal import Timestamps

extension CredentialReport {
  /// Whether only the network may be missing.
  var lacksNetwork: Bool { [.unreachable, .timedOut].contains(failure?.reason) }

  /// The report as one step.
  var finding: Finding {
    let tried = "looked for credentials in the sources of the AWS CLI, in their order"
    let text = lines.joined(separator: "; ")
    guard isGood else {
      return .wrong(
        .credentials, tried: tried, text,
        mend: "Do what it says as the user that the daemon runs as, whose files and environment count; fedbroker"
          + " check-config --credentials shows the same")
    }
    let end = expiration.map { ", until \(Timestamp.rfc3339(seconds: $0 / 1000))" } ?? ", which do not expire"
    return .good(.credentials, tried: tried, text + end)
  }
}
