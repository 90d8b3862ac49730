package import TokenBroker

/// AWS's default sources of credentials, in botocore's order; the first that is configured decides.
package struct CredentialChain: CredentialProvider {
  private let providers: [any CredentialProvider]

  package init(
    environment: Environment, configuration: SharedConfiguration, profile: ProfileName, now: Moment
  ) {
    let name = profile.name
    let merged = configuration.profile(name)
    func unsupported(_ keys: String..., when isMeant: Bool = true) -> any CredentialProvider {
      UnsupportedCredentials(
        key: keys.first { isMeant && merged?.has($0) == true }, place: "profile \(name)")
    }
    func unsupported(variables: String...) -> any CredentialProvider {
      UnsupportedCredentials(key: variables.first { environment.nonEmpty($0) != nil }, place: "the environment")
    }
    var providers: [any CredentialProvider] = []
    // A profile asked for by name is meant; one that `AWS_PROFILE` happens to name yields to keys beside it.
    if profile.origin != .setting { providers.append(EnvironmentCredentials(environment, now: now)) }
    providers.append(unsupported("role_arn", when: merged?.has("web_identity_token_file") != true))
    if profile.origin != .setting { providers.append(unsupported(variables: "AWS_WEB_IDENTITY_TOKEN_FILE")) }
    providers += [
      unsupported("web_identity_token_file"),
      unsupported("sso_session", "sso_account_id", "sso_role_name"),
      ProfileCredentials(
        profile: name, section: configuration.credentialsProfiles[name], path: configuration.credentialsPath),
      unsupported("login_session"),
      unsupported("credential_process"),
      ProfileCredentials(
        profile: name, section: configuration.configProfiles[name], path: configuration.configPath),
      unsupported(variables: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ]
    self.providers = providers
  }

  package func credentials() async throws(CredentialError) -> AWSCredentials? {
    for provider in providers {
      if let credentials = try await provider.credentials() { return credentials }
    }
    return nil
  }
}
