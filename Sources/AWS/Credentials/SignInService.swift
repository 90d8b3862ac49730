/// The services that turn a sign-in into credentials, and where each is reached (botocore's endpoint rules of `sso`,
/// `sso-oidc` and `signin`).
enum SignInService {
  /// Gives out a role's credentials for an Identity Center token.
  case portal
  /// Renews Identity Center tokens.
  case oidc
  /// Renews what `aws login` got.
  case signIn

  /// The address without a path: a configured one, else AWS's for the region.
  ///
  /// Throws if what is configured cannot be.
  func url(
    region: Region, environment: Environment, section: SharedConfiguration.Section?, configuration: SharedConfiguration
  ) throws(AWSError) -> String {
    func isOn(_ variable: String, _ option: String) -> Bool {
      (environment[variable] ?? section?.text(option))?.lowercased() == "true"
    }
    let usesFIPS = isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
    let usesDualStack = isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
    guard !isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"),
      let configured = try configuredURL(environment, section, configuration)
    else { return "https://\(host(region, usesFIPS: usesFIPS, usesDualStack: usesDualStack))" }
    guard let url = EndpointURL(configured) else {
      throw AWSError(
        .noCredentials,
        "the endpoint of \(identifier) is not of the form http(s)://host[:port][/path], without user, query and fragment"
      )
    }
    guard !usesFIPS, !usesDualStack else {
      throw AWSError(.noCredentials, "a configured endpoint cannot be combined with FIPS or dual-stack endpoints")
    }
    return "\(url.scheme)://\(url.authority)\(url.path)"
  }

  func host(_ region: Region, usesFIPS: Bool, usesDualStack: Bool) -> String {
    let partition = Partition.of(region)
    if case .signIn = self, !usesFIPS, !usesDualStack {
      switch partition.id {
      case "aws": return "\(region.name).signin.aws.amazon.com"
      case "aws-cn": return "\(region.name).signin.amazonaws.cn"
      case "aws-us-gov": return "\(region.name).signin.amazonaws-us-gov.com"
      default: break
      }
    }
    // The ordinary endpoints of Identity Center in GovCloud are validated for FIPS.
    let isValidated = partition.id == "aws-us-gov" && !usesDualStack && hostPrefix != SignInService.signIn.hostPrefix
    let suffix = usesFIPS && !isValidated ? "-fips" : ""
    return "\(hostPrefix)\(suffix).\(region.name).\(usesDualStack ? partition.dualStackDomain : partition.domain)"
  }

  private var hostPrefix: String {
    switch self {
    case .portal: "portal.sso"
    case .oidc: "oidc"
    case .signIn: "signin"
    }
  }

  /// The service's name in a `services` section and, in capitals, in `AWS_ENDPOINT_URL_…`.
  private var identifier: String {
    switch self {
    case .portal: "sso"
    case .oidc: "sso_oidc"
    case .signIn: "signin"
    }
  }

  private func configuredURL(
    _ environment: Environment, _ section: SharedConfiguration.Section?, _ configuration: SharedConfiguration
  ) throws(AWSError) -> String? {
    if let url = environment.nonEmpty("AWS_ENDPOINT_URL_\(identifier.uppercased())")
      ?? environment.nonEmpty("AWS_ENDPOINT_URL")
    {
      return url
    }
    if let name = section?.text("services") {
      guard let services = configuration.services(name) else {
        throw AWSError(.noCredentials, "the profile names the services section \(name), which does not exist")
      }
      if let url = services.nested(identifier, "endpoint_url"), !url.isEmpty { return url }
    }
    return section?.text("endpoint_url").flatMap { $0.isEmpty ? nil : $0 }
  }
}
