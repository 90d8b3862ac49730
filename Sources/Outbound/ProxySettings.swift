package import Secrets

/// Which proxy a request goes through, by the scheme of its address.
///
/// Read from the environment here, not by libcurl, so that `ALL_PROXY` has no effect, as in botocore. Two differences
/// from botocore remain: `HTTP_PROXY` in capitals is ignored, as by libcurl, because a CGI server sets it from a
/// client's `Proxy` field (CVE-2016-5385); `NO_PROXY` may hold address ranges (`10.0.0.0/8`).
package struct ProxySettings: Sendable {
  /// For `https://` addresses; `nil` connects directly.
  ///
  /// Secret because it may hold a password.
  package var https: Secret?
  /// For `http://` addresses.
  package var http: Secret?
  /// Hosts, domains and address ranges that are connected to directly, comma-separated; `*` for all.
  package var bypassed: String

  package init(https: Secret? = nil, http: Secret? = nil, bypassed: String = "") {
    self.https = https
    self.http = http
    self.bypassed = bypassed
  }

  /// Of two spellings the lower-case one counts, even when it is empty, which switches the proxy off.
  package init(environment: [String: String]) {
    func proxy(_ names: String...) -> Secret? {
      let value = names.lazy.compactMap { environment[$0] }.first ?? ""
      return value.isEmpty ? nil : Secret(value)
    }
    self.init(
      https: proxy("https_proxy", "HTTPS_PROXY"), http: proxy("http_proxy"),
      bypassed: environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
  }
}
