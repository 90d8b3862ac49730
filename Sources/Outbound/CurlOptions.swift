internal import CCurl
internal import Secrets

/// Sets the options of one easy handle.
///
/// Results are not looked at: the options are known to every libcurl of the supported systems (7.87 and later), and a
/// copy that fails for want of memory fails the transfer.
@safe struct CurlOptions {
  let easy: UnsafeMutableRawPointer

  init(easy: UnsafeMutableRawPointer) {
    unsafe self.easy = unsafe easy
  }

  func set(_ option: CURLoption, _ value: Int) {
    unsafe _ = fedbroker_setLong(easy, option, value)
  }

  /// libcurl copies the text.
  func set(_ option: CURLoption, _ text: String) {
    unsafe _ = text.withCString { unsafe fedbroker_setPointer(easy, option, $0) }
  }

  func set(_ option: CURLoption, _ text: Secret) {
    unsafe _ = text.terminated.withUnsafeBytes { unsafe fedbroker_setPointer(easy, option, $0.baseAddress) }
  }

  func set(_ option: CURLoption, _ pointer: UnsafeRawPointer?) {
    unsafe _ = fedbroker_setPointer(easy, option, pointer)
  }

  func setReceiver(
    _ option: CURLoption,
    _ receive: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int
  ) {
    unsafe _ = fedbroker_setReceiver(easy, option, receive)
  }

  func setBeforeRequest(
    _ call:
      @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32
      ) -> Int32
  ) {
    unsafe _ = fedbroker_setBeforeRequest(easy, call)
  }

  /// Options of every connection.
  private func setGround() {
    set(CURLOPT_NOSIGNAL, 1)
    // A transfer that ends while its name is looked up must not keep the loop, and so all others, waiting for the answer.
    set(CURLOPT_QUICK_EXIT, 1)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
  }

  func set(streamTo address: StreamAddress, _ settings: TransportSettings) {
    setGround()
    set(CURLOPT_CONNECT_ONLY, 1)
    set(CURLOPT_URL, address.url)
    if case .unix(let path) = address { set(CURLOPT_UNIX_SOCKET_PATH, path) }
    // What is spoken is not HTTP.
    set(CURLOPT_SSL_ENABLE_ALPN, 0)
    set(CURLOPT_CONNECTTIMEOUT_MS, Int(CurlTransfer.timeout(seconds: settings.connectTimeout) ?? Int64(Int32.max)))
    // A connection that is silent for long must not be forgotten on its way.
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(trustOf: settings, caBundle: nil)
    set(Optional<ProxyAddress>.none)
  }

  func set(transferOf request: TransportRequest, by proxy: ProxyAddress?, _ settings: TransportSettings) {
    setGround()
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_URL, request.url)
    set(methodAndBodyOf: request)
    // libcurl reads 0 as its default of five minutes.
    let connectTimeout = CurlTransfer.timeout(seconds: request.connectTimeout ?? settings.connectTimeout)
    set(CURLOPT_CONNECTTIMEOUT_MS, Int(connectTimeout ?? Int64(Int32.max)))
    if request.certificate != .verified {
      set(CURLOPT_CERTINFO, 1)
      set(CURLOPT_FRESH_CONNECT, 1)
      set(CURLOPT_FORBID_REUSE, 1)
    }
    set(trustOf: settings, caBundle: request.caBundle, acceptsAny: request.certificate == .toldUnverified)
    set(proxy)
  }

  private func set(methodAndBodyOf request: TransportRequest) {
    switch request.method {
    case "GET" where request.body.isEmpty: return
    case "HEAD" where request.body.isEmpty: set(CURLOPT_NOBODY, 1)
    default:
      set(CURLOPT_POST, 1)
      set(CURLOPT_CUSTOMREQUEST, request.method)
      set(CURLOPT_POSTFIELDSIZE, request.body.count)
      unsafe request.body.withUnsafeBytes { unsafe set(CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
    }
  }

  private func set(trustOf settings: TransportSettings, caBundle: String?, acceptsAny: Bool = false) {
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    // Authorities are read for each connection, and each server shows its certificate: libcurl would keep those of a
    // file that has changed for a day, and a resumed session stands on the authorities of its first connection.
    set(CURLOPT_CA_CACHE_TIMEOUT, 0)
    set(CURLOPT_SSL_SESSIONID_CACHE, 0)
    if !settings.verifiesCertificates || acceptsAny {
      set(CURLOPT_SSL_VERIFYPEER, 0)
      set(CURLOPT_SSL_VERIFYHOST, 0)
    } else if let caBundle = settings.caBundle ?? caBundle {
      set(CURLOPT_CAINFO, caBundle)
      // The system's directory would be trusted besides.
      unsafe set(CURLOPT_CAPATH, UnsafeRawPointer?.none)
    }
  }

  private func set(_ proxy: ProxyAddress?) {
    // An empty text also keeps libcurl from looking at the environment.
    set(CURLOPT_NOPROXY, "")
    set(CURLOPT_PROXY, proxy?.url ?? "")
    if let userName = proxy?.userName, let password = proxy?.password {
      set(CURLOPT_PROXYUSERNAME, userName)
      set(CURLOPT_PROXYPASSWORD, password)
    }
  }

  /// The fields as libcurl's list, which the caller frees; `nil` when memory is out.
  static func header(of request: TransportRequest) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    func append(_ line: Secret) -> Bool {
      guard
        let longer = unsafe line.terminated.withUnsafeBytes({
          unsafe curl_slist_append(list, $0.bindMemory(to: CChar.self).baseAddress)
        })
      else { return false }
      unsafe list = unsafe longer
      return true
    }
    var lines = request.fields.map { field in
      Secret(capacity: field.name.utf8.count + field.value.count + 2) { line in
        line.append(field.name)
        // `Name:` takes a field of libcurl's own out, `Name;` sends an empty one.
        line.append(field.value.isEmpty ? ";" : ": ")
        line.append(field.value)
      }
    }
    // What libcurl adds of itself and the caller did not ask for.
    let names = Set(request.fields.map { $0.name.lowercased() })
    for name in ["Accept", "Content-Type", "Expect"] where !names.contains(name.lowercased()) {
      lines.append(Secret("\(name):"))
    }
    for line in lines where !append(line) {
      unsafe curl_slist_free_all(list)
      return nil
    }
    return unsafe list
  }
}

extension Secret {
  /// With the NUL that ends a text in C.
  fileprivate var terminated: Secret {
    Secret(capacity: count + 1) { text in
      text.append(self)
      text.append(0)
    }
  }
}
