/// Where calls of a service go.
package struct Endpoint: Sendable, Equatable {
  /// `https` or `http`.
  package let scheme: String
  /// Host, and port unless it is the scheme's own: the `Host` field.
  package let authority: String
  /// Goes before the operation's path; empty or begins with `/`.
  package let basePath: String
  /// The region that signatures name.
  package let signingRegion: String

  /// AWS's own endpoint of a region (botocore's endpoint rules of `connect` and `sts`).
  ///
  /// A region named `fips-…` or `…-fips` stands for the region without, with FIPS, as in botocore.
  package init(
    service: AWSService = .connect, region: Region, usesFIPS: Bool = false, usesDualStack: Bool = false
  ) throws(AWSError) {
    let plain = try Self.withoutFIPS(region)
    let usesFIPS = usesFIPS || plain != region
    let partition = Partition.of(plain)
    let domain = usesDualStack ? partition.dualStackDomain : partition.domain
    // The ordinary endpoints of GovCloud are validated for FIPS.
    let isValidated = partition.id == "aws-us-gov" && !usesDualStack
    scheme = "https"
    authority = "\(service.name)\(usesFIPS && !isValidated ? "-fips" : "").\(plain.name).\(domain)"
    basePath = ""
    signingRegion = plain.name
  }

  /// An endpoint that was configured.
  ///
  /// Throws `.noRegion` if the address is not `http(s)://host[:port][/path]`.
  package init(url: String, region: Region) throws(AWSError) {
    guard let parts = EndpointURL(url) else {
      throw AWSError(
        .noRegion, "the endpoint is not of the form http(s)://host[:port][/path], without user, query and fragment")
    }
    scheme = parts.scheme
    authority = parts.authority
    basePath = parts.path
    signingRegion = try Self.withoutFIPS(region).name
  }

  /// The endpoint for a region: the flag's, the environment's for that service (`AWS_ENDPOINT_URL_CONNECT`),
  /// `AWS_ENDPOINT_URL`, the one of the profile's `services` section, the profile's own, or AWS's.
  ///
  /// Throws `.noRegion` if the configured address is not valid.
  package static func resolve(
    service: AWSService = .connect, region: Region, settings: UpstreamSettings, environment: Environment,
    section: SharedConfiguration.Section?, configuration: SharedConfiguration
  ) throws(AWSError) -> Endpoint {
    func isOn(_ variable: String, _ option: String) -> Bool {
      (environment[variable] ?? section?.text(option))?.lowercased() == "true"
    }
    // The flag means Amazon Connect.
    var url = service == .connect ? settings.endpointURL : nil
    if url == nil, !isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") {
      url = try configuredURL(service, environment, section, configuration)
    }
    let usesFIPS = isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
    let usesDualStack = isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
    guard let url else {
      if service == .sts, !usesFIPS, !usesDualStack,
        let global = try globalSTS(region: region, environment: environment, section: section)
      {
        return global
      }
      return try Endpoint(service: service, region: region, usesFIPS: usesFIPS, usesDualStack: usesDualStack)
    }
    // botocore leaves FIPS and dual-stack aside beside an endpoint of Connect, and refuses them beside one of STS.
    guard service == .connect || !usesFIPS && !usesDualStack else {
      throw AWSError(.noRegion, "a configured endpoint cannot be combined with FIPS or dual-stack endpoints")
    }
    return try Endpoint(url: url, region: region)
  }

  /// The address of an operation, whose path begins with `/` and is percent-encoded.
  package func url(path: String) -> String { "\(scheme)://\(authority)\(basePath)\(path)" }

  private static func configuredURL(
    _ service: AWSService, _ environment: Environment, _ section: SharedConfiguration.Section?,
    _ configuration: SharedConfiguration
  ) throws(AWSError) -> String? {
    let variable = "AWS_ENDPOINT_URL_\(service.name.uppercased())"
    if let url = environment.nonEmpty(variable) ?? environment.nonEmpty("AWS_ENDPOINT_URL") { return url }
    if let name = section?.text("services") {
      guard let services = configuration.services(name) else {
        throw AWSError(.noRegion, "the profile names the services section \(name), which does not exist")
      }
      if let url = services.nested(service.name, "endpoint_url"), !url.isEmpty { return url }
    }
    return section?.text("endpoint_url").flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func withoutFIPS(_ region: Region) throws(AWSError) -> Region {
    if region.name.hasPrefix("fips-") { return try Region(String(region.name.dropFirst(5))) }
    if region.name.hasSuffix("-fips") { return try Region(String(region.name.dropLast(5))) }
    return region
  }
}
