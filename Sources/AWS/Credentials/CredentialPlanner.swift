/// Works out plans from the environment and the two files: AWS's default chain, in botocore's order.
///
/// Pure.
struct CredentialPlanner {
  /// A source at its place in the chain: not configured, configured, or configured wrongly.
  private struct Candidate {
    let title: String
    let absence: String
    var place: String?
    let way: Result<CredentialPlan.Way?, AWSError>

    init(
      _ title: String, absence: String, place: String? = nil,
      _ way: () throws(AWSError) -> CredentialPlan.Way?
    ) {
      self.title = title
      self.absence = absence
      self.place = place
      do throws(AWSError) { self.way = .success(try way()) } catch { self.way = .failure(error) }
    }
  }

  let environment: Environment
  let configuration: SharedConfiguration

  /// The most roles in a chain of profiles: botocore follows 327 and then ends with Python's RecursionError.
  private static let longestChain = 300

  /// The plan for a profile, before any role of an instance.
  ///
  /// Throws if the profile was asked for and neither file has it.
  func plan(for profile: ProfileName) throws(AWSError) -> CredentialPlan {
    try configuration.requireProfile(profile)
    // A profile asked for by name is meant; one that `AWS_PROFILE` happens to name yields to keys beside it.
    let usesEnvironment = profile.origin != .setting
    let candidates =
      (usesEnvironment ? [environmentVariables()] : []) + [assumedRole(of: profile.name)]
      + sources(of: profile.name, usesEnvironment: usesEnvironment) + [container(), instanceMetadata(profile.name)]
    return Self.first(of: candidates, orElse: Self.noSource(for: profile))
  }

  static func noSource(for profile: ProfileName) -> AWSError {
    AWSError(
      .noCredentials, "no AWS credentials: no source of the default chain has any for profile \(profile.name)")
  }

  /// The first candidate that is configured, rightly or wrongly.
  private static func first(of candidates: [Candidate], orElse absent: AWSError) -> CredentialPlan {
    var passedOver: [CredentialPlan.Absence] = []
    for candidate in candidates {
      if case .success(nil) = candidate.way {
        passedOver.append(.init(source: candidate.title, reason: candidate.absence))
        continue
      }
      return CredentialPlan(
        passedOver: passedOver, title: candidate.title, place: candidate.place,
        way: candidate.way.flatMap { way in way.map { .success($0) } ?? .failure(absent) })
    }
    return CredentialPlan(passedOver: passedOver, title: "", place: nil, way: .failure(absent))
  }

  private func environmentVariables() -> Candidate {
    Candidate("environment variables", absence: "AWS_ACCESS_KEY_ID is not set") {
      environment.nonEmpty("AWS_ACCESS_KEY_ID").map { _ in .init(source: .environment) }
    }
  }

  /// What a profile alone says: that of a source profile, too.
  private func sources(of name: String, usesEnvironment: Bool = false) -> [Candidate] {
    [
      webIdentity(of: name, usesEnvironment: usesEnvironment), identityCenter(of: name),
      keys(of: name, in: configuration.credentialsProfiles[name], configuration.credentialsPath),
      login(of: name), process(of: name),
      keys(of: name, in: configuration.configProfiles[name], configuration.configPath),
    ]
  }

  private func container() -> Candidate {
    Candidate(
      "container credentials", absence: "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set"
    ) { () throws(AWSError) in
      try ContainerEndpoint(environment).map { _ in .init(source: .container) }
    }
  }

  private func instanceMetadata(_ name: String) -> Candidate {
    Candidate("EC2 instance metadata", absence: "it is disabled, or nothing answers there") { () throws(AWSError) in
      try InstanceMetadataSettings(environment: environment, section: configuration.profile(name))
        .map { _ in .init(source: .instanceMetadata(profile: name)) }
    }
  }

  /// `role_arn` of a profile, with the credentials of `source_profile` or `credential_source`.
  ///
  /// - Parameter visited: The profiles that lead here, to refuse a loop.
  private func assumedRole(of name: String, visited: [String] = []) -> Candidate {
    Candidate("role of the profile", absence: "profile \(name) has no role_arn", place: place(of: "role_arn", name)) {
      () throws(AWSError) in
      // With a token file it is the web identity's role.
      guard let section = configuration.profile(name), let roleARN = section.text("role_arn"),
        !section.has("web_identity_token_file")
      else { return nil }
      let place = "role_arn of profile \(name)"
      if let device = section.text("mfa_serial") {
        throw AWSError(
          .noCredentials,
          "\(place): it wants a code of \(device) (mfa_serial), for which fedbroker cannot ask: use a"
            + " credential_process, or a role without mfa_serial")
      }
      var way = try source(of: name, section, place: place, visited: visited + [name])
      way.roles.append(
        AssumedRole(
          roleARN: roleARN, sessionName: Self.sessionName(section.text("role_session_name")),
          externalID: section.text("external_id"), duration: section.text("duration_seconds").flatMap { Int($0) },
          place: place))
      return way
    }
  }

  private func source(
    of name: String, _ section: SharedConfiguration.Section, place: String, visited: [String]
  ) throws(AWSError) -> CredentialPlan.Way {
    let none = AWSError(.noCredentials, "\(place): the source has no credentials to assume the role with")
    switch (section.text("source_profile"), section.text("credential_source")) {
    case (.some, .some):
      throw AWSError(.noCredentials, "profile \(name) has both source_profile and credential_source: remove one")
    case (nil, nil):
      throw AWSError(
        .noCredentials, "profile \(name) has role_arn, but neither source_profile nor credential_source")
    case (nil, let source?):
      let candidate =
        switch source {
        case "Environment": environmentVariables()
        case "EcsContainer": container()
        case "Ec2InstanceMetadata": instanceMetadata(name)
        default:
          throw AWSError(
            .noCredentials,
            "credential_source of profile \(name) is Environment, Ec2InstanceMetadata or EcsContainer")
        }
      return try Self.first(of: [candidate], orElse: none).way.get()
    case (let source?, nil):
      return try Self.first(
        of: sourceProfile(source, of: name, visited: visited), orElse: none
      ).way.get()
    }
  }

  private func sourceProfile(
    _ source: String, of name: String, visited: [String]
  ) throws(AWSError) -> [Candidate] {
    guard let section = configuration.profile(source) else {
      throw AWSError(
        .noCredentials,
        "profile \(name): source_profile \(source) is neither in \(configuration.configPath) nor in"
          + " \(configuration.credentialsPath)")
    }
    let hasKeys = section.has("aws_access_key_id") || section.has("aws_secret_access_key")
    // A profile may name itself, to have its role and its keys in one place.
    guard !visited.contains(source) || source == name && hasKeys else {
      throw AWSError(
        .noCredentials,
        "profile \(name): source_profile goes round in a circle: \((visited.suffix(8) + [source]).joined(separator: ", "))"
      )
    }
    guard visited.count <= Self.longestChain else {
      throw AWSError(
        .noCredentials,
        "profile \(visited[0]): more than \(Self.longestChain) profiles follow each other by source_profile")
    }
    let isRole = section.has("role_arn") && !section.has("web_identity_token_file")
    return isRole && !hasKeys ? [assumedRole(of: source, visited: visited)] : sources(of: source)
  }

  /// `web_identity_token_file`, `role_arn` and `role_session_name`, each of the environment or the profile.
  private func webIdentity(of name: String, usesEnvironment: Bool) -> Candidate {
    let section = configuration.profile(name)
    func value(_ key: String, _ variable: String) -> String? {
      (usesEnvironment ? environment[variable] : nil) ?? section?.text(key)
    }
    return Candidate(
      "web identity", absence: "no web identity token file is configured",
      place: section?.place(of: "web_identity_token_file")
    ) { () throws(AWSError) in
      guard let tokenFile = value("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE"), !tokenFile.isEmpty else {
        return nil
      }
      let isVariable = usesEnvironment && environment["AWS_WEB_IDENTITY_TOKEN_FILE"] != nil
      let place = isVariable ? "AWS_WEB_IDENTITY_TOKEN_FILE" : "web_identity_token_file of profile \(name)"
      guard let roleARN = value("role_arn", "AWS_ROLE_ARN"), !roleARN.isEmpty else {
        throw AWSError(
          .noCredentials, "\(place): there is no role for it: set AWS_ROLE_ARN, or role_arn of the profile")
      }
      let role = AssumedRole(
        roleARN: roleARN, sessionName: Self.sessionName(value("role_session_name", "AWS_ROLE_SESSION_NAME")),
        place: place)
      return .init(source: .webIdentity(role, tokenFile: tokenFile))
    }
  }

  private func identityCenter(of name: String) -> Candidate {
    Candidate(
      "IAM Identity Center", absence: "profile \(name) has no sso_session and no sso_start_url",
      place: place(of: "sso_session", name) ?? place(of: "sso_start_url", name)
    ) { () throws(AWSError) in
      try IdentityCenterProfile(name, configuration).map { .init(source: .identityCenter($0)) }
    }
  }

  private func keys(of name: String, in section: SharedConfiguration.Section?, _ path: String) -> Candidate {
    Candidate(
      "keys in \(path)", absence: "profile \(name) has no aws_access_key_id there",
      place: section?.place(of: "aws_access_key_id")
    ) { () throws(AWSError) in
      guard let section else { return nil }
      return try AWSCredentials(profile: name, section, path).map { .init(source: .profileKeys($0)) }
    }
  }

  private func login(of name: String) -> Candidate {
    Candidate(
      "login session", absence: "profile \(name) has no login_session", place: place(of: "login_session", name)
    ) {
      configuration.profile(name)?.text("login_session").map { .init(source: .login(profile: name, session: $0)) }
    }
  }

  private func process(of name: String) -> Candidate {
    Candidate(
      "process", absence: "profile \(name) has no credential_process", place: place(of: "credential_process", name)
    ) {
      configuration.profile(name)?.secret("credential_process")
        .map { .init(source: .process(profile: name, command: $0)) }
    }
  }

  private func place(of key: String, _ profile: String) -> String? { configuration.profile(profile)?.place(of: key) }

  /// The session name that was configured, else ours.
  private static func sessionName(_ configured: String?) -> String {
    configured.flatMap { $0.isEmpty ? nil : $0 } ?? AssumedRole.defaultSessionName
  }
}

extension SharedConfiguration {
  /// Throws if the profile was asked for and neither file has it.
  func requireProfile(_ profile: ProfileName) throws(AWSError) {
    guard profile.origin == .fallback || self.profile(profile.name) != nil else {
      throw AWSError(
        .noCredentials, "profile (\(profile.name)) is neither in \(configPath) nor in \(credentialsPath)")
    }
  }
}
