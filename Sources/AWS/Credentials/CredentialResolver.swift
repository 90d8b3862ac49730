internal import RefreshingCache
internal import Synchronization

/// Whose credentials sign for an identity.
///
/// Safe to use from any thread.
package final class CredentialResolver: Sendable {
  private let context: CredentialContext
  private let files: SharedConfigFiles
  /// What was handed out last for each profile, before any role of an instance: the tokens got with
  /// the profile are theirs.
  private let handedOut = Mutex<[ProfileName: AWSCredentials]>([:])
  /// The callers by the lineage of their credentials, as far as AWS was asked.
  private let callers: Mutex<RecentValues<String, String>>
  private let reportChange: AsyncStream<ProfileName>.Continuation
  /// Profiles whose caller turned out to be another one when credentials were renewed.
  ///
  /// For one task.
  package let changes: AsyncStream<ProfileName>

  package init(_ context: CredentialContext, files: SharedConfigFiles) {
    self.context = context
    self.files = files
    callers = Mutex(RecentValues(capacity: context.capacity))
    (changes, reportChange) = AsyncStream.makeStream(of: ProfileName.self)
  }

  /// Returns the current credentials of an identity.
  ///
  /// Throws `.noCredentials`, with the source or file that has none and what it lacks, or the error of a call for them.
  ///
  /// - Parameters:
  ///   - identity: Whose credentials to find.
  ///   - refused: Credentials that AWS refused as expired; they are not returned again.
  package func credentials(
    for identity: Identity, replacing refused: AWSCredentials? = nil
  ) async throws(AWSError) -> AWSCredentials {
    if let refused { context.cache.refuse(refused) }
    let profile = profileName(of: identity)
    let configuration = try files.load()
    let credentials = try await resolve(profile, configuration)
    let former = handedOut.withLock { $0.updateValue(credentials, forKey: profile) }
    if let former, await !isSameCaller(former, credentials, profile, configuration) { reportChange.yield(profile) }
    return try await assumed(identity, profile, configuration, credentials) ?? credentials
  }

  /// The region that this machine is in, as its metadata service says; `nil` if there is none, or it is not to be
  /// asked.
  package func machineRegion(for identity: Identity) async -> String? {
    let section = (try? files.load())?.profile(profileName(of: identity).name)
    guard let settings = try? InstanceMetadataSettings(environment: context.environment, section: section) else {
      return nil
    }
    return await context.metadata.region(settings)
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

  /// Returns which source would be used for an identity, and why.
  ///
  /// Throws if the files or the identity's configuration are wrong.
  ///
  /// - Parameters:
  ///   - identity: Whose credentials to look for.
  ///   - asksWhose: Whether to ask AWS whose the credentials are (GetCallerIdentity).
  package func report(on identity: Identity, asksWhose: Bool) async throws(AWSError) -> CredentialReport {
    let configuration = try files.load()
    let profile = profileName(of: identity)
    let plan = try files.plan(for: profile)
    var report = CredentialReport(passedOver: plan.passedOver)
    do throws(AWSError) {
      let executor = executor(profile, configuration)
      guard let credentials = try await executor.credentials(by: plan.way.get()) else {
        report.nothingAnswers(plan)
        return report
      }
      report.source(credentials, plan)
      let assumed = try await assumed(identity, profile, configuration, credentials)
      if let assumed { report.assumed(assumed, as: identity.sessionName ?? AssumedRole.defaultSessionName) }
      report.isGood = true
      if asksWhose {
        await report.ask { () async throws(AWSError) in
          try await context.securityTokenService(profile.name, configuration).callerIdentity(of: assumed ?? credentials)
        }
      }
    } catch {
      report.failed(error, plan)
    }
    return report
  }

  /// Asks AWS whose an identity's current credentials are (GetCallerIdentity).
  func callerIdentity(of identity: Identity) async throws(AWSError) -> CallerIdentity {
    let credentials = try await credentials(for: identity)
    let service = try context.securityTokenService(profileName(of: identity).name, try files.load())
    return try await service.callerIdentity(of: credentials)
  }

  /// Returns the ARN of the caller that an identity's current credentials are of, as AWS says it (GetCallerIdentity); asked
  /// once for credentials that their source vouches to be the same caller's.
  ///
  /// Throws `.badResponse` where a person signs in for them: such tokens stay on the person's machine.
  func callerARN(of identity: Identity) async throws(AWSError) -> String {
    let profile = profileName(of: identity)
    switch try files.plan(for: profile).way.get().source {
    case .identityCenter, .login:
      throw AWSError(.badResponse, "a person signs in for these credentials: the tokens got with them are not shared")
    default: break
    }
    let credentials = try await credentials(for: identity)
    if let known = callers.withLock({ $0[credentials.lineage] }) { return known }
    let service = try context.securityTokenService(profile.name, try files.load())
    let caller = try await service.callerIdentity(of: credentials).arn
    callers.withLock { $0[credentials.lineage] = caller }
    return caller
  }

  /// The session name of the role that an identity's credentials are of; `nil` where the source alone knows it.
  func sessionName(for identity: Identity) -> String? {
    if identity.roleARN != nil { return identity.sessionName ?? AssumedRole.defaultSessionName }
    guard let way = try? files.plan(for: profileName(of: identity)).way.get() else { return nil }
    if let role = way.roles.last { return role.sessionName }
    if case .webIdentity(let role, _) = way.source { return role.sessionName }
    return nil
  }

  /// Why an identity has no credentials, as far as the environment and the files tell; `nil` if a source is configured.
  ///
  /// Asks no source that costs a call, apart from instance metadata, which is there where nothing else is configured.
  package func problem(of identity: Identity) async -> AWSError? {
    let profile = profileName(of: identity)
    do throws(AWSError) {
      let way = try files.plan(for: profile).way.get()
      switch way.source {
      case .environment, .instanceMetadata: _ = try await held(by: way, of: profile)
      default: break
      }
      return nil
    } catch {
      return error
    }
  }

  /// The credentials of a way's source, before any role.
  private func held(by way: CredentialPlan.Way, of profile: ProfileName) async throws(AWSError) -> AWSCredentials {
    let source = CredentialPlan.Way(source: way.source)
    guard let credentials = try await executor(profile, try files.load()).credentials(by: source) else {
      throw CredentialPlanner.noSource(for: profile)
    }
    return credentials
  }

  /// The files whose change may mean another caller; they need not exist.
  package var paths: [String] {
    var paths: Set<String> = []
    if let configuration = try? files.load() {
      let profiles =
        configuration.profileNames.map { ProfileName($0, .setting) } + [profileName(of: Identity())]
      for profile in profiles {
        if let way = try? files.plan(for: profile).way.get() {
          paths.formUnion(way.source.watchedPaths(context.environment))
        }
      }
    }
    return files.paths + paths.sorted()
  }

  /// Returns how the person of an identity signs in to IAM Identity Center; `nil` where the credentials come from elsewhere.
  package func identityCenterSignIn(for identity: Identity) -> IdentityCenterSignIn? {
    guard let configuration = try? files.load(),
      case .identityCenter(let settings)? = try? files.plan(for: profileName(of: identity)).way.get().source
    else { return nil }
    return try? IdentityCenterSignIn(
      profile: settings.profile, configuration: configuration, environment: context.environment,
      transport: context.transport, clock: context.clock)
  }

  /// Whether a file is as this process left it when it renewed the sign-in there: nobody else has signed in.
  package func isOwnRenewal(_ path: String) -> Bool { context.signInCache.isOwnRenewal(path) }

  /// The id of the access key that was handed out last for the profile of an identity.
  package func accessKeyID(for identity: Identity) -> String? {
    let profile = profileName(of: identity)
    return handedOut.withLock { $0[profile]?.accessKeyID }
  }

  /// The profile that counts for an identity.
  package func profileName(of identity: Identity) -> ProfileName {
    ProfileName(identity: identity, settings: context.settings, environment: context.environment)
  }

  private func executor(_ profile: ProfileName, _ configuration: SharedConfiguration) -> CredentialExecutor {
    CredentialExecutor(context: context, configuration: configuration, session: profile.name)
  }

  /// The credentials of a profile, before any role of an instance.
  private func resolve(
    _ profile: ProfileName, _ configuration: SharedConfiguration
  ) async throws(AWSError) -> AWSCredentials {
    let way = try files.plan(for: profile).way.get()
    guard let credentials = try await executor(profile, configuration).credentials(by: way) else {
      throw CredentialPlanner.noSource(for: profile)
    }
    return credentials
  }

  /// The credentials of an instance's own role, assumed with its profile's; `nil` if it has none.
  private func assumed(
    _ identity: Identity, _ profile: ProfileName, _ configuration: SharedConfiguration, _ signer: AWSCredentials
  ) async throws(AWSError) -> AWSCredentials? {
    guard let roleARN = identity.roleARN else { return nil }
    let role = AssumedRole(
      roleARN: roleARN, sessionName: identity.sessionName ?? AssumedRole.defaultSessionName,
      externalID: identity.externalID, place: "role_arn \(roleARN)")
    return try await executor(profile, configuration).credentials(of: role, assumedBy: signer) {
      [self] () async throws(AWSError) in
      try await resolve(profile, configuration)
    }
  }

  /// Whether two credentials are one caller's: their source vouches for it, or AWS is `true`.
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
