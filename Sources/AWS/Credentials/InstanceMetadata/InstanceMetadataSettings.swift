/// How the instance metadata service is asked.
///
/// Pure.
package struct InstanceMetadataSettings: Sendable, Hashable {
  /// Without a `/` at its end.
  let baseURL: String
  /// Whether somebody chose the address, and so means that something answers there.
  let isConfigured: Bool
  /// Seconds, for connecting and for each answer.
  let timeout: Double
  /// Attempts of each request, the first one included.
  let maxAttempts: Int

  /// For people.
  var place: String { "instance metadata at \(baseURL)" }

  /// `nil` if `AWS_EC2_METADATA_DISABLED` is `true`.
  ///
  /// Throws if a setting cannot be.
  package init?(environment: Environment, section: SharedConfiguration.Section?) throws(AWSError) {
    guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
    func setting(_ variable: String, _ option: String) -> (value: String, name: String)? {
      if let value = environment.nonEmpty(variable) { return (value, variable) }
      guard let value = section?.text(option), !value.isEmpty else { return nil }
      return (value, "\(option) of the profile")
    }
    func number(_ variable: String, _ option: String) throws(AWSError) -> Int {
      guard let setting = setting(variable, option) else { return 1 }
      guard let number = Int(setting.value), 1...1000 ~= number else {
        throw AWSError(.noCredentials, "\(setting.name) is not a whole number from 1 to 1000")
      }
      return number
    }
    timeout = Double(try number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"))
    maxAttempts = try number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")
    if let endpoint = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
      guard let url = EndpointURL(endpoint.value) else {
        throw AWSError(.noCredentials, "\(endpoint.name) is not of the form http(s)://host[:port][/path]")
      }
      baseURL = "\(url.scheme)://\(url.authority)\(url.path)"
      isConfigured = true
      return
    }
    let isIPv6: Bool
    if let mode = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode") {
      guard ["ipv4", "ipv6"].contains(mode.value.lowercased()) else {
        throw AWSError(.noCredentials, "\(mode.name) is neither IPv4 nor IPv6")
      }
      isIPv6 = mode.value.lowercased() == "ipv6"
    } else {
      isIPv6 = setting("AWS_IMDS_USE_IPV6", "imds_use_ipv6")?.value.lowercased() == "true"
    }
    isConfigured = false
    baseURL = isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
  }
}
