internal import Synchronization
package import TokenBroker

/// Whose credentials sign for an identity.
///
/// Safe to use from any thread.
package final class CredentialResolver: Sendable {
  private let context: CredentialContext
  private let files: SharedConfigFiles
  /// What was handed out last for each profile, before any role of an instance: whoever that was, the tokens got with
  /// the profile are theirs.
  private let handedOut = Mutex<[ProfileName: AWSCredentials]>([:])
  private let reportChange: AsyncStream<ProfileName>.Continuation
  /// Profiles whose caller turned out to be another one when credentials were renewed.
  ///
  /// For one task.
  package let changes: AsyncStream<ProfileName>

  package init(_ context: CredentialContext, files: SharedConfigFiles) {
    self.context = context
    self.files = files
    (changes, reportChange) = AsyncStream.makeStream(of: ProfileName.self)
  }

  /// The credentials as of now.
  ///
  /// Throws `.noCredentials`, with the source or file that has none and what it lacks, or what a call for them met.
  ///
  /// - Parameter refused: Credentials that AWS called too old.
  package func credentials(
    for identity: Identity, replacing refused: AWSCredentials? = nil
  ) async throws(TokenSourceError) -> AWSCredentials {
    if let refused { context.cache.refuse(refused) }
    do throws(CredentialError) {
      let configuration = try files.load()
      let profile = profileName(of: identity)
      let credentials = try await resolve(profile, configuration)
      let former = handedOut.withLock { $0.updateValue(credentials, forKey: profile) }
      if let former, await !isSameCaller(former, credentials, profile, configuration) { reportChange.yield(profile) }
      guard identity.roleARN != nil else { return credentials }
      return try await assumeRole(of: identity, profile, configuration, signer: credentials)
    } catch {
      throw TokenSourceError(error)
    }
  }

  /// Looks at the sources again, and returns the profiles whose caller is another one than credentials were handed out
  /// for, or nobody: what is cached for them is somebody else's.
  ///
  /// Each is returned once. While a file cannot be read or parsed nothing is known to have changed; the next call tells.
  package func revalidate() async -> Set<ProfileName> {
    guard let configuration = try? files.load() else { return [] }
    context.cache.doubt()
    var changed: Set<ProfileName> = []
    for (profile, former) in handedOut.withLock({ $0 }) {
      let current = try? await resolve(profile, configuration)
      if let current, await isSameCaller(former, current, profile, configuration) {
        handedOut.withLock { $0[profile] = current }
      } else {
        handedOut.withLock { $0[profile] = nil }
        changed.insert(profile)
      }
    }
    return changed
  }

  /// The files whose change may mean another caller; they need not exist.
  package var paths: [String] {
    var paths: Set<String> = []
    if let configuration = try? files.load() {
      let sources = CredentialSources(context, configuration)
      for name in configuration.profileNames { paths.formUnion(sources.watchedPaths(of: name)) }
    }
    if let path = context.environment.nonEmpty("AWS_WEB_IDENTITY_TOKEN_FILE") { paths.insert(path) }
    return files.paths + paths.sorted()
  }

  /// Whether a file is as this process left it when it renewed the sign-in there: nobody else has signed in.
  package func isOwnRenewal(_ path: String) -> Bool { context.signInCache.isOwnRenewal(path) }

  /// The profile that counts for an identity.
  package func profileName(of identity: Identity) -> ProfileName {
    ProfileName(identity: identity, settings: context.settings, environment: context.environment)
  }

  private func resolve(
    _ profile: ProfileName, _ configuration: SharedConfiguration
  ) async throws(CredentialError) -> AWSCredentials {
    try configuration.requireProfile(profile)
    let chain = CredentialChain(context, configuration: configuration, profile: profile)
    guard let credentials = try await chain.credentials() else {
      throw CredentialError("no AWS credentials: no source of the default chain has any for profile \(profile.name)")
    }
    return credentials
  }

  /// Credentials of an instance's own role.
  private func assumeRole(
    of identity: Identity, _ profile: ProfileName, _ configuration: SharedConfiguration, signer: AWSCredentials
  ) async throws(CredentialError) -> AWSCredentials {
    let role = SecurityTokenService.AssumedRole(
      roleARN: identity.roleARN ?? "", sessionName: identity.sessionName ?? "fedbroker",
      externalID: identity.externalID)
    let place = "role_arn \(role.roleARN)"
    let service: SecurityTokenService
    do {
      service = try context.securityTokenService(profile.name, configuration)
    } catch {
      throw CredentialError(error, source: place)
    }
    let source = CredentialChain(context, configuration: configuration, profile: profile)
    let credentials = try await AssumeRoleCredentials(
      role: role, source: source, place: place, cache: context.cache, service: service
    ).credentials()
    return credentials ?? signer
  }

  /// Whether two credentials are one caller's: their source vouches for it, or AWS says so.
  private func isSameCaller(
    _ former: AWSCredentials, _ current: AWSCredentials, _ profile: ProfileName, _ configuration: SharedConfiguration
  ) async -> Bool {
    if former.lineage == current.lineage { return true }
    guard let service = try? context.securityTokenService(profile.name, configuration),
      let now = try? await service.callerIdentity(of: current)
    else { return false }
    return await now == (try? service.callerIdentity(of: former))
  }
}

extension SharedConfiguration {
  /// Throws where the profile was asked for and neither file has it.
  func requireProfile(_ profile: ProfileName) throws(CredentialError) {
    guard profile.origin == .fallback || self.profile(profile.name) != nil else {
      throw CredentialError("profile (\(profile.name)) is neither in \(configPath) nor in \(credentialsPath)")
    }
  }
}
