package import Outbound

/// How AWS is called: the flags that the AWS CLI has too, and their keys in the configuration file.
package struct UpstreamSettings: Sendable, Equatable {
  package var region: String?
  package var profile: String?
  package var endpointURL: String?
  /// A file of PEM certificates.
  package var caBundle: String?
  package var verifiesCertificates = true
  package var signsRequests = true
  /// Seconds; 0 waits without end.
  package var connectTimeout: Double = 60
  /// Seconds between two arriving bytes; 0 waits without end.
  package var readTimeout: Double = 60

  package init() {}
}

extension TransportSettings {
  /// For calls of AWS: the flags, `AWS_CA_BUNDLE` and the profile's `ca_bundle` where no flag names a bundle, and the
  /// environment's proxies.
  package init(_ settings: UpstreamSettings, environment: Environment, section: SharedConfiguration.Section? = nil) {
    self.init()
    caBundle = settings.caBundle ?? environment.nonEmpty("AWS_CA_BUNDLE") ?? section?.caBundle
    verifiesCertificates = settings.verifiesCertificates
    connectTimeout = settings.connectTimeout
    readTimeout = settings.readTimeout
    proxies = ProxySettings(environment: environment.variables)
  }
}

extension SharedConfiguration.Section {
  /// The file of PEM certificates that the profile trusts in place of the system's.
  var caBundle: String? { text("ca_bundle").flatMap { $0.isEmpty ? nil : $0 } }
}
