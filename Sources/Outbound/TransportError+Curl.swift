internal import CCurl
internal import System

extension TransportError {
  /// The way that a request took, for a message about its end.
  struct Route {
    /// Host, and port where the address has one.
    let server: String
    /// Host and port of the proxy.
    let proxy: String?
    let caBundle: String?
    /// The errno of a connect(2) that failed; 0 for none.
    let systemError: Int32
    /// The status with which the proxy answered CONNECT; 0 for none.
    let tunnelStatus: Int

    var isRefusedByProxy: Bool { proxy != nil && tunnelStatus >= 300 }

    init(url: String, proxy: String?, caBundle: String?, systemError: Int32, tunnelStatus: Int) {
      let authority = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).dropFirst(2).first ?? ""
      server = String(authority.prefix { !"/?#".contains($0) })
      self.proxy = proxy
      self.caBundle = caBundle
      self.systemError = systemError
      self.tunnelStatus = tunnelStatus
    }
  }

  /// - Parameters:
  ///   - code: How libcurl ended the transfer.
  ///   - message: Its own words, empty where it has none.
  ///   - wasSent: Whether a connection stood and the request went out.
  ///   - route: Where the request was to go.
  init(curl code: CURLcode, message: String, wasSent: Bool, route: Route) {
    let own = unsafe message.isEmpty ? String(cString: curl_easy_strerror(code)) : message
    // A server's certificate can put text in here that ends up in a terminal.
    let words = String(own.unicodeScalars.filter { $0.value >= 0x20 })
    // libcurl calls a proxy's refusal an interrupted transfer.
    let reason = route.isRefusedByProxy ? .connect : Self.reason(of: code, wasSent: wasSent)
    self.init(reason, Self.words(for: code, wasSent: wasSent, route) ?? words)
  }

  /// Our words for a failure whose message, from libcurl, would quote an address; `nil` for any other.
  private static func words(for code: CURLcode, wasSent: Bool, _ route: Route) -> String? {
    if route.isRefusedByProxy, let proxy = route.proxy {
      return "the proxy \(proxy) answered CONNECT with status \(route.tunnelStatus)"
    }
    let peer = route.proxy.map { "the proxy \($0)" } ?? route.server
    let cause = route.systemError == 0 ? "" : ": \(SystemError(call: "connect", code: route.systemError).reason)"
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return "no address is known for the name of \(route.server)"
    case CURLE_COULDNT_RESOLVE_PROXY: return "no address is known for the name of \(peer)"
    case CURLE_COULDNT_CONNECT: return "no connection to \(peer)\(cause)"
    case CURLE_OPERATION_TIMEDOUT: return "no connection to \(peer) in time"
    case CURLE_PROXY: return "\(peer) did not let the connection through"
    case CURLE_SSL_CACERT_BADFILE:
      return "the certificate authorities \(route.caBundle.map { "in \($0) " } ?? "")cannot be read"
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED, CURLE_BAD_FUNCTION_ARGUMENT:
      return wasSent ? nil : "the address cannot be used"
    default: return nil
    }
  }

  private static func reason(of code: CURLcode, wasSent: Bool) -> Reason {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
    case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connect
    // The only time-out given to libcurl is the one for connecting.
    case CURLE_OPERATION_TIMEDOUT: .connectTimedOut
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      .tls
    // An answer that is not HTTP/1 is an unsupported protocol too (HTTP/0.9).
    case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNSUPPORTED_PROTOCOL:
      wasSent ? .interrupted : .invalidRequest
    // What libcurl says of a header line beyond its own limit of 100 KiB.
    case CURLE_OUT_OF_MEMORY where wasSent: .tooLarge
    default: .interrupted
    }
  }
}
