/// AWS's default sources of credentials, in botocore's order; the first that is configured decides.
package struct CredentialChain: CredentialProvider {
  /// One source and what can be said of it before it is asked.
  struct Link: Sendable {
    /// For people: `environment variables`.
    let name: String
    /// Why it is passed over, where it is.
    let absence: String
    /// The file and line that configure it, where one does.
    var place: String?
    let provider: any CredentialProvider
  }

  let links: [Link]

  /// The whole chain for a profile.
  package init(_ context: CredentialContext, configuration: SharedConfiguration, profile: ProfileName) {
    let sources = CredentialSources(context, configuration, session: profile.name)
    // A profile asked for by name is meant; one that `AWS_PROFILE` happens to name yields to keys beside it.
    let usesEnvironment = profile.origin != .setting
    let environment = usesEnvironment ? [sources.environment()] : []
    links =
      environment + [sources.assumedRole(of: profile.name)]
      + sources.profile(profile.name, usesEnvironment: usesEnvironment)
      + [sources.container(), sources.instanceMetadata(profile.name)]
  }

  init(links: [Link]) {
    self.links = links
  }

  package func credentials() async throws(CredentialError) -> AWSCredentials? {
    for link in links {
      if let credentials = try await link.provider.credentials() { return credentials }
    }
    return nil
  }
}
