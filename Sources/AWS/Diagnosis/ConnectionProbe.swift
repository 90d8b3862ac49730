internal import Outbound
internal import Timestamps

/// One unsigned request to an endpoint, and what its end says of each step of the way there.
///
/// Pure.
struct ConnectionProbe: Sendable {
  let endpoint: Endpoint
  /// Host and port; `nil` where the request goes directly.
  let proxy: String?
  /// The file of authorities in place of the system's.
  let caBundle: String?
  let verifiesCertificates: Bool
  let result: Result<TransportResponse, TransportError>
  /// Who issued the certificate that was not believed, where the server shows it.
  let refusedIssuer: String?
  /// When the answer came, by our clock: epoch milliseconds.
  let time: Int64

  /// The steps up to the first that is wrong.
  var findings: [Finding] {
    switch result {
    case .success(let response): way + [certificate(response)].compactMap(\.self) + [answer(response), clock(response)]
    case .failure(let error): findings(after: error)
    }
  }

  private var host: String { endpoint.authority }
  private var tried: String { "asked \(endpoint.url(path: "/")) without a signature" }
  private var connecting: String { "connected to \(proxy.map { "\(host) by the proxy \($0)" } ?? host)" }

  /// What has worked where TLS or the answer is reached.
  private var way: [Finding] {
    if let proxy { return [.good(.proxy, tried: connecting, "the proxy \(proxy) lets the connection through")] }
    return [
      .good(.name, tried: "looked up \(host)", "it has an address"),
      .good(.connection, tried: connecting, "it accepts connections"),
    ]
  }

  private func findings(after error: TransportError) -> [Finding] {
    switch error.reason {
    case .resolve where proxy == nil:
      return [
        .wrong(
          .name, tried: "looked up \(host)", error.message,
          mend: "Check the spelling of the region, and name resolution on this machine: getent hosts \(hostName)")
      ]
    case .resolve, .connect, .connectTimedOut:
      guard proxy == nil else { return [wrongProxy(error)] }
      return [
        way[0],
        .wrong(
          .connection, tried: connecting, error.message,
          mend: "Open the way from this machine to \(host) (route, firewall, VPN), or set HTTPS_PROXY in the daemon's"
            + " environment where a proxy has to be asked"),
      ]
    case .tls: return way + [wrongCertificate(error)]
    case .invalidRequest:
      return [
        .wrong(
          .endpoint, tried: tried, error.message,
          mend: "Correct endpoint_url, or HTTPS_PROXY in the daemon's environment")
      ]
    case .readTimedOut, .interrupted, .tooLarge:
      return way + [
        .wrong(
          .connection, tried: tried, error.message,
          mend: "What listens there does not answer as AWS does: check endpoint_url, and what stands between")
      ]
    case .cancelled:
      return [.wrong(.connection, tried: tried, "the daemon is about to end", mend: "Diagnose again")]
    }
  }

  private var hostName: Substring { host.prefix { $0 != ":" } }

  private func wrongProxy(_ error: TransportError) -> Finding {
    .wrong(
      .proxy, tried: connecting, error.message,
      mend: "Correct HTTPS_PROXY in the daemon's environment, let the proxy admit \(host), or name it in NO_PROXY")
  }

  private func wrongCertificate(_ error: TransportError) -> Finding {
    let authorities = caBundle.map { "those in \($0)" } ?? "those of this system"
    let issuer = refusedIssuer.map { "; the certificate was issued by \($0.trimmed)" } ?? ""
    return .wrong(
      .certificate, tried: "checked the certificate of \(host) against \(authorities)", error.message + issuer,
      mend: "If the issuer is your company's, name its certificate in ca_bundle (or AWS_CA_BUNDLE); if it is nobody you"
        + " know, somebody else answers in place of AWS")
  }

  private func certificate(_ response: TransportResponse) -> Finding? {
    guard endpoint.scheme == "https" else { return nil }
    let tried = "checked the certificate of \(host)"
    guard verifiesCertificates else {
      return .warning(
        .certificate, tried: tried, "any certificate is accepted", mend: "Remove no_verify_ssl, and name a ca_bundle")
    }
    return .good(.certificate, tried: tried, "issued by \(response.certificateIssuer?.trimmed ?? "a known authority")")
  }

  private func answer(_ response: TransportResponse) -> Finding {
    let isOfAWS = response.fields.contains { $0.name.lowercased().hasPrefix("x-amz") }
    guard !isOfAWS else { return .good(.endpoint, tried: tried, "AWS answers, with status \(response.status)") }
    return .warning(
      .endpoint, tried: tried, "status \(response.status), without a field that AWS sends",
      mend: "Check that endpoint_url is Amazon Connect's, and that no page of a network's own answers in its place")
  }

  /// AWS accepts signatures of five minutes before and after.
  private func clock(_ response: TransportResponse) -> Finding {
    let tried = "compared this machine's clock with the Date of the answer"
    guard let date = response["Date"].flatMap(Timestamp.httpDate), response["Age"] == nil else {
      return .good(.clock, tried: tried, "the answer has no time")
    }
    // A date has whole seconds.
    let difference = (time - date) / 1000
    guard abs(difference) * 1000 > ServiceExchange<Void>.tolerableSkew else {
      return .good(.clock, tried: tried, "\(abs(difference)) s apart")
    }
    return .warning(
      .clock, tried: tried, "this machine's clock is \(abs(difference)) s \(difference > 0 ? "ahead" : "behind")",
      mend: "Set the clock (timedatectl set-ntp true). The daemon dates its signatures by AWS's clock meanwhile; other"
        + " programs are refused")
  }
}

extension String {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)]
  }
}
