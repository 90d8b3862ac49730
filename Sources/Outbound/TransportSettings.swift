/// What holds for every request of a transport.
package struct TransportSettings: Sendable {
  /// A file of PEM certificates trusted instead of the system's; read anew for each connection.
  package var caBundle: String?
  /// `false` accepts any certificate (`--no-verify-ssl`).
  package var verifiesCertificates = true
  /// Seconds for name resolution, TCP and TLS together; 0 waits without end.
  package var connectTimeout: Double = 60
  /// Seconds between two arriving bytes; 0 waits without end.
  package var readTimeout: Double = 60
  /// Seconds in which an answer is whole, whatever `readTimeout` says; `nil` for no bound but that between two bytes.
  package var longestAnswer: Double? = 30
  package var proxies = ProxySettings()

  package init() {}
}
