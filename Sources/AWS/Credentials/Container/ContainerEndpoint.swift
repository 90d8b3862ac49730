internal import Glibc

/// Where a container's credentials come from, by its environment.
///
/// Pure. Source: botocore's ContainerMetadataFetcher.
struct ContainerEndpoint: Equatable {
  let url: String
  /// Scheme, host and port, for people: the path can be a capability.
  let origin: String

  /// `nil` if the environment names none.
  ///
  /// Throws if it names one that credentials must not be asked of: without TLS, only this machine and the addresses of
  /// ECS and EKS will do, since the endpoint chooses the identity.
  init?(_ environment: Environment) throws(AWSError) {
    if let path = environment.nonEmpty("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      // Without the slash, the text could go on with the host's name.
      guard path.hasPrefix("/") else {
        throw AWSError(.noCredentials, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with /")
      }
      try self.init(url: "http://169.254.170.2\(path)", variable: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    } else if let url = environment.nonEmpty("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
      try self.init(url: url, variable: "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    } else {
      return nil
    }
  }

  private init(url: String, variable: String) throws(AWSError) {
    let query = url.drop { $0 != "?" }
    guard let parts = EndpointURL(String(url.dropLast(query.count))), !query.contains("#") else {
      throw AWSError(.noCredentials, "\(variable) is not of the form http(s)://host[:port][/path][?query]")
    }
    guard parts.scheme == "https" || Self.isTrusted(host: parts.host) else {
      throw AWSError(
        .noCredentials,
        "\(variable) names the host \(parts.host): without https it must be a loopback address, localhost, "
          + "169.254.170.2, 169.254.170.23 or [fd00:ec2::23]")
    }
    self.url = url
    origin = "\(parts.scheme)://\(parts.authority)"
  }

  private static func isTrusted(host: String) -> Bool {
    if host == "localhost" { return true }
    if host.contains(":") {
      var address = in6_addr()
      guard unsafe inet_pton(AF_INET6, host, &address) == 1 else { return false }
      let bytes = unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
      return bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        || bytes == [0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23]
    }
    var address = in_addr()
    guard unsafe inet_pton(AF_INET, host, &address) == 1 else { return false }
    let bytes = unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
    return bytes[0] == 127 || bytes == [169, 254, 170, 2] || bytes == [169, 254, 170, 23]
  }
}
