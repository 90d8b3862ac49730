internal import CCurl

extension TransportError {
  /// - Parameters:
  ///   - code: How libcurl ended the transfer.
  ///   - message: Its own words, empty where it has none.
  ///   - wasSent: Whether a connection stood and the request went out.
  init(curl code: CURLcode, message: String, wasSent: Bool) {
    let words = unsafe message.isEmpty ? String(cString: curl_easy_strerror(code)) : message
    // A server's certificate can put text in here that ends up in a terminal.
    self.init(Self.reason(of: code, wasSent: wasSent), String(words.unicodeScalars.filter { $0.value >= 0x20 }))
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
