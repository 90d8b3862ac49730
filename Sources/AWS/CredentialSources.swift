internal import Clocks
internal import TokenBroker

/// Makes each source of the chain from what the files and the environment say.
///
/// A source that is configured wrongly stands in the chain all the same, and throws: a later one would stand for another
/// person.
struct CredentialSources {
  private let context: CredentialContext
  private let configuration: SharedConfiguration
  /// The profile that was asked for: it says where STS is, for the profiles that it leads to as well.
  private let session: String

  init(_ context: CredentialContext, _ configuration: SharedConfiguration, session: String) {
    self.context = context
    self.configuration = configuration
    self.session = session
  }

  func environment() -> CredentialChain.Link {
    .init(
      name: "environment variables", absence: "AWS_ACCESS_KEY_ID is not set",
      provider: EnvironmentCredentials(context.environment, now: context.clock.now))
  }

  /// What a profile alone says, in botocore's order: that of a source profile, too.
  func profile(_ name: String, usesEnvironment: Bool = false) -> [CredentialChain.Link] {
    [
      webIdentity(of: name, usesEnvironment: usesEnvironment),
      cached(
        "IAM Identity Center",
        key: ["sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"].map { text($0, name) },
        absence: "profile \(name) has no sso_session and no sso_start_url",
        place: place(of: "sso_session", name) ?? place(of: "sso_start_url", name), identityCenter(of: name)),
      keys(of: name, in: configuration.credentialsProfiles[name], configuration.credentialsPath),
      cached(
        "login session", key: [text("login_session", name)], absence: "profile \(name) has no login_session",
        place: place(of: "login_session", name), login(of: name)),
      process(of: name),
      keys(of: name, in: configuration.configProfiles[name], configuration.configPath),
    ]
  }

  func container() -> CredentialChain.Link {
    cached(
      "container credentials", key: [], absence: "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set",
      ContainerCredentials(environment: context.environment, transport: context.transport, clock: context.clock))
  }

  /// - Parameter name: The profile, which can say how the service is asked.
  func instanceMetadata(_ name: String) -> CredentialChain.Link {
    cached(
      "EC2 instance metadata", key: [], absence: "it is disabled, or nothing answers there",
      InstanceMetadataCredentials(
        metadata: context.metadata, environment: context.environment, section: configuration.profile(name),
        clock: context.clock))
  }

  /// The files whose change means that someone signed in or out.
  func watchedPaths(of name: String) -> [String] {
    identityCenter(of: name).watchedPaths + login(of: name).watchedPaths
      + [configuration.profile(name)?.text("web_identity_token_file")].compactMap(\.self)
  }

  private func identityCenter(of name: String) -> IdentityCenterCredentials {
    IdentityCenterCredentials(
      profile: name, configuration: configuration, environment: context.environment, transport: context.transport,
      cache: context.signInCache, clock: context.clock)
  }

  private func login(of name: String) -> LoginCredentials {
    LoginCredentials(
      profile: name, configuration: configuration, settings: context.settings, environment: context.environment,
      transport: context.transport, cache: context.signInCache, clock: context.clock)
  }

  /// `role_arn` of a profile, with the credentials of `source_profile` or `credential_source`.
  ///
  /// - Parameter visited: The profiles that lead here, to refuse a loop.
  func assumedRole(of name: String, visited: [String] = []) -> CredentialChain.Link {
    link("role of the profile", of: name, key: "role_arn") { (section) throws(CredentialError) in
      // With a token file it is the web identity's role.
      guard let roleARN = section.text("role_arn"), !section.has("web_identity_token_file") else { return nil }
      let place = "role_arn of profile \(name)"
      if let device = section.text("mfa_serial") {
        throw CredentialError(
          "\(place): it wants a code of \(device) (mfa_serial), for which fedbroker cannot ask: use a"
            + " credential_process, or a role without mfa_serial")
      }
      let role = SecurityTokenService.AssumedRole(
        roleARN: roleARN, sessionName: sessionName(section.text("role_session_name")),
        externalID: section.text("external_id"), duration: section.text("duration_seconds").flatMap { Int($0) })
      return AssumeRoleCredentials(
        role: role, source: try source(of: name, section, visited: visited + [name]), place: place,
        cache: context.cache, service: try service(place))
    }
  }

  private func source(
    of name: String, _ section: SharedConfiguration.Section, visited: [String]
  ) throws(CredentialError) -> any CredentialProvider {
    switch (section.text("source_profile"), section.text("credential_source")) {
    case (.some, .some):
      throw CredentialError("profile \(name) has both source_profile and credential_source: remove one")
    case (nil, nil):
      throw CredentialError("profile \(name) has role_arn, but neither source_profile nor credential_source")
    case (nil, let source?):
      switch source {
      case "Environment": return environment().provider
      case "EcsContainer": return container().provider
      case "Ec2InstanceMetadata": return instanceMetadata(name).provider
      default:
        throw CredentialError(
          "credential_source of profile \(name) is Environment, Ec2InstanceMetadata or EcsContainer")
      }
    case (let source?, nil):
      return try sourceProfile(source, of: name, visited: visited)
    }
  }

  private func sourceProfile(
    _ source: String, of name: String, visited: [String]
  ) throws(CredentialError) -> any CredentialProvider {
    guard let section = configuration.profile(source) else {
      throw CredentialError(
        "profile \(name): source_profile \(source) is neither in \(configuration.configPath) nor in"
          + " \(configuration.credentialsPath)")
    }
    let hasKeys = section.has("aws_access_key_id") || section.has("aws_secret_access_key")
    // A profile may name itself, to have its role and its keys in one place.
    guard !visited.contains(source) || source == name && hasKeys else {
      throw CredentialError(
        "profile \(name): source_profile goes round in a circle: \((visited + [source]).joined(separator: ", "))")
    }
    let isRole = section.has("role_arn") && !section.has("web_identity_token_file")
    let links = isRole && !hasKeys ? [assumedRole(of: source, visited: visited)] : profile(source)
    return CredentialChain(links: links)
  }

  /// `web_identity_token_file`, `role_arn` and `role_session_name`, each of the environment or the profile.
  private func webIdentity(of name: String, usesEnvironment: Bool) -> CredentialChain.Link {
    let section = configuration.profile(name)
    func value(_ key: String, _ variable: String) -> String? {
      (usesEnvironment ? context.environment[variable] : nil) ?? section?.text(key)
    }
    return Self.link(
      "web identity", absence: "no web identity token file is configured",
      place: section?.place(of: "web_identity_token_file")
    ) {
      () throws(CredentialError) in
      guard let tokenFile = value("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE"), !tokenFile.isEmpty else {
        return nil
      }
      let isVariable = usesEnvironment && context.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] != nil
      let place = isVariable ? "AWS_WEB_IDENTITY_TOKEN_FILE" : "web_identity_token_file of profile \(name)"
      guard let roleARN = value("role_arn", "AWS_ROLE_ARN"), !roleARN.isEmpty else {
        throw CredentialError("\(place): there is no role for it: set AWS_ROLE_ARN, or role_arn of the profile")
      }
      let role = SecurityTokenService.AssumedRole(
        roleARN: roleARN, sessionName: sessionName(value("role_session_name", "AWS_ROLE_SESSION_NAME")))
      return WebIdentityCredentials(
        role: role, tokenFile: tokenFile, place: place, cache: context.cache, service: try service(place))
    }
  }

  private func keys(
    of name: String, in section: SharedConfiguration.Section?, _ path: String
  ) -> CredentialChain.Link {
    .init(
      name: "keys in \(path)", absence: "profile \(name) has no aws_access_key_id there",
      place: section?.place(of: "aws_access_key_id"),
      provider: ProfileCredentials(profile: name, section: section, path: path))
  }

  private func process(of name: String) -> CredentialChain.Link {
    link("process", of: name, key: "credential_process") { (section) throws(CredentialError) in
      section.secret("credential_process").map { command in
        ProcessCredentials(
          command: command, profile: name, environment: context.environment, cache: context.cache)
      }
    }
  }

  /// - Parameter key: All of the profile that says whose credentials they are.
  private func cached(
    _ title: String, key: [String?], absence: String, place: String? = nil, _ provider: any CredentialProvider
  ) -> CredentialChain.Link {
    .init(
      name: title, absence: absence, place: place,
      provider: CachedCredentials(key: .init([title] + key), cache: context.cache, source: provider))
  }

  private func link(
    _ title: String, of name: String, key: String,
    _ make: (SharedConfiguration.Section) throws(CredentialError) -> (any CredentialProvider)?
  ) -> CredentialChain.Link {
    Self.link(title, absence: "profile \(name) has no \(key)", place: place(of: key, name)) {
      () throws(CredentialError) in
      guard let section = configuration.profile(name) else { return nil }
      return try make(section)
    }
  }

  private static func link(
    _ title: String, absence: String, place: String?,
    _ make: () throws(CredentialError) -> (any CredentialProvider)?
  ) -> CredentialChain.Link {
    do {
      return .init(name: title, absence: absence, place: place, provider: SettledSource(result: .success(try make())))
    } catch {
      return .init(name: title, absence: absence, place: place, provider: SettledSource(result: .failure(error)))
    }
  }

  private func text(_ key: String, _ profile: String) -> String? { configuration.profile(profile)?.text(key) }

  private func place(of key: String, _ profile: String) -> String? { configuration.profile(profile)?.place(of: key) }

  /// The session name that was configured, else ours: AWS wants one.
  private func sessionName(_ configured: String?) -> String {
    configured.flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultSessionName
  }

  static let defaultSessionName = "fedbroker"

  private func service(_ place: String) throws(CredentialError) -> SecurityTokenService {
    do {
      return try context.securityTokenService(session, configuration)
    } catch {
      throw CredentialError(error, source: place)
    }
  }
}

/// A source whose configuration was read: it is not there, it is wrong, or it can be asked.
private struct SettledSource: CredentialProvider {
  let result: Result<(any CredentialProvider)?, CredentialError>

  func credentials() async throws(CredentialError) -> AWSCredentials? {
    try await result.get()?.credentials()
  }
}
