/// What holds for every request of a transport.
package struct TransportSettings: Sendable {
  /// A file of PEM certificates trusted instead of the system's.
  package var caBundle: String?
  /// `false` accepts any certificate (`--no-verify-ssl`).
  package var verifiesCertificates = true
  /// Seconds for name resolution, TCP and TLS together; 0 waits without end.
  package var connectTimeout: Double = 60
  /// Seconds between two arriving bytes; 0 waits without end.
  package var readTimeout: Double = 60
  package var proxies = ProxySettings()

  package init() {}
}
