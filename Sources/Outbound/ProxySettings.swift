/// Which proxy a request goes through, by the scheme of its address.
///
/// Read from the environment here, not by libcurl, so that `ALL_PROXY` has no effect, as in botocore. Two differences
/// from botocore remain: `HTTP_PROXY` in capitals is ignored, as by libcurl, because a CGI server sets it from a
/// client's `Proxy` field (CVE-2016-5385); `NO_PROXY` may hold address ranges (`10.0.0.0/8`).
package struct ProxySettings: Sendable {
  private typealias Setting = Result<ProxyAddress, ProxyAddress.Invalid>

  /// For `https://` addresses; `nil` connects directly.
  private let https: Setting?
  /// For `http://` addresses.
  private let http: Setting?
  private let bypass: ProxyBypass

  /// Of two spellings the lower-case one counts, even when it is empty, which switches the proxy off.
  package init(environment: [String: String] = [:]) {
    func proxy(_ names: String...) -> Setting? {
      guard let name = names.first(where: { environment[$0] != nil }), let value = environment[name], !value.isEmpty
      else { return nil }
      do throws(ProxyAddress.Invalid) { return .success(try ProxyAddress(value, variable: name)) } catch {
        return .failure(error)
      }
    }
    https = proxy("https_proxy", "HTTPS_PROXY")
    http = proxy("http_proxy")
    bypass = ProxyBypass(environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
  }

  /// What is wrong with the variables, one line each.
  package var problems: [String] {
    [https, http].compactMap { setting in
      if case .failure(let invalid) = setting { invalid.description } else { nil }
    }
  }

  /// Host and port of the proxy that a request goes through; `nil` if it connects directly.
  ///
  /// Throws if the variable that names it cannot be read.
  package func authority(for request: TransportRequest) throws(TransportError) -> String? {
    try proxy(for: request)?.authority
  }

  /// The proxy that a request goes through; `nil` if it connects directly.
  ///
  /// Throws if the variable that names it cannot be read.
  func proxy(for request: TransportRequest) throws(TransportError) -> ProxyAddress? {
    let isHTTPS = request.url.prefix(6).lowercased() == "https:"
    guard !request.bypassesProxy, let proxy = isHTTPS ? https : http, !bypass.contains(request.url) else { return nil }
    do { return try proxy.get() } catch { throw TransportError(.invalidRequest, error.description) }
  }
}
