/// What the ways to the credentials of some identities need of the system, worked out from the environment and the files
/// alone, before anything is asked.
package struct CredentialNeeds: Sendable, Equatable {
  /// Files that are read; they need not exist.
  package private(set) var read: [String] = []
  /// Files that are replaced as well.
  package private(set) var replaced: [String] = []
  /// Whether a way runs a `credential_process`.
  package private(set) var runsPrograms = false

  package init(of identities: [Identity], settings: UpstreamSettings, environment: Environment) {
    let files = SharedConfigFiles(environment: environment)
    read = files.paths
    for name in ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      if let path = environment.nonEmpty(name) { read.append(path) }
    }
    guard let configuration = try? files.load() else { return }
    let profiles = Set(identities.map { ProfileName(identity: $0, settings: settings, environment: environment) })
    for profile in profiles {
      let section = configuration.profile(profile.name)
      if let bundle = section?.text("ca_bundle") { read.append(bundle) }
      // A source before it may go away later.
      runsPrograms = runsPrograms || section?.has("credential_process") == true
      guard let way = try? files.plan(for: profile).way.get() else { continue }
      switch way.source {
      case .process: runsPrograms = true
      case .webIdentity(_, let tokenFile): read.append(tokenFile)
      case .identityCenter, .login: replaced += way.source.watchedPaths(environment)
      case .environment, .profileKeys, .container, .instanceMetadata: break
      }
    }
  }
}
