internal import Clocks
internal import Secrets
internal import System

/// Carries out plans: asks the source, assumes the roles, and holds what costs a call.
struct CredentialExecutor: Sendable {
  let context: CredentialContext
  let configuration: SharedConfiguration
  /// The profile that was asked for: it says where STS is, for the profiles that it leads to as well.
  let session: String

  /// The credentials that `way` leads to; `nil` if nothing answers at the source's address.
  func credentials(by way: CredentialPlan.Way) async throws(AWSError) -> AWSCredentials? {
    try await assume(way.roles[...], way.source)
  }

  /// The credentials of the last of `roles`, or of `source` where there is none.
  private func assume(
    _ roles: ArraySlice<AssumedRole>, _ source: CredentialPlan.Source
  ) async throws(AWSError) -> AWSCredentials? {
    guard let role = roles.last else { return try await held(source) }
    let signer = { @Sendable () async throws(AWSError) -> AWSCredentials in
      guard let signer = try await assume(roles.dropLast(), source) else {
        throw AWSError(.noCredentials, "\(role.place): the source has no credentials to assume the role with")
      }
      return signer
    }
    return try await credentials(of: role, assumedBy: try await signer(), renewedBy: signer)
  }

  /// The credentials of a role.
  ///
  /// - Parameters:
  ///   - first: The credentials to assume it with.
  ///   - renew: Gives newer ones once AWS calls those too old.
  func credentials(
    of role: AssumedRole, assumedBy first: AWSCredentials,
    renewedBy renew: @escaping @Sendable () async throws(AWSError) -> AWSCredentials
  ) async throws(AWSError) -> AWSCredentials? {
    let lineage = role.lineage(of: first)
    // The signer's lineage is part of the key: the next user has to assume the role again.
    return try await context.cache.credentials(for: .init(lineage, isDerived: true)) {
      () async throws(AWSError) -> AWSCredentials? in
      do throws(AWSError) {
        let temporary = try await service().assume(role, signedBy: first) { (former) async throws(AWSError) in
          context.cache.refuse(former)
          return try await renew()
        }
        let name = lineage.map { $0 ?? "" }.joined(separator: "\n")
        return AWSCredentials(temporary, source: role.place, lineage: Digest.hexadecimal(of: name))
      } catch {
        throw error.within(role.place)
      }
    }
  }

  private func held(_ source: CredentialPlan.Source) async throws(AWSError) -> AWSCredentials? {
    guard let key = source.key else { return try await ask(source) }
    return try await context.cache.credentials(for: key) { () async throws(AWSError) -> AWSCredentials? in
      try await ask(source)
    }
  }

  private func ask(_ source: CredentialPlan.Source) async throws(AWSError) -> AWSCredentials? {
    switch source {
    case .environment:
      return try AWSCredentials(context.environment, now: context.clock.now)
    case .profileKeys(let credentials):
      return credentials
    case .webIdentity(let role, let tokenFile):
      return try await assume(role, tokenFile: tokenFile)
    case .identityCenter(let profile):
      return try await IdentityCenterCredentials(
        profile: profile.profile, configuration: configuration, environment: context.environment,
        transport: context.transport, cache: context.signInCache, clock: context.clock
      ).credentials()
    case .login(let profile, _):
      return try await LoginCredentials(
        profile: profile, configuration: configuration, settings: context.settings, environment: context.environment,
        transport: context.transport, cache: context.signInCache, clock: context.clock
      ).credentials()
    case .process(let profile, let command):
      return try await ProcessCredentials(command: command, profile: profile, environment: context.environment)
        .credentials()
    case .container:
      return try await ContainerCredentials(
        environment: context.environment, transport: context.transport, clock: context.clock
      ).credentials()
    case .instanceMetadata(let profile):
      return try await InstanceMetadataCredentials(
        metadata: context.metadata, environment: context.environment, section: configuration.profile(profile),
        clock: context.clock
      ).credentials()
    }
  }

  private func assume(_ role: AssumedRole, tokenFile: String) async throws(AWSError) -> AWSCredentials {
    let token: Secret
    do {
      // Read for each call, because the provider replaces it.
      token = try FileContents(path: tokenFile).bytes
    } catch {
      throw AWSError(.noCredentials, "\(role.place): \(error)")
    }
    guard 4...20_000 ~= token.count else {
      throw AWSError(
        .noCredentials, "\(role.place): \(tokenFile) does not hold a token, which is 4 to 20000 characters long")
    }
    do throws(AWSError) {
      let temporary = try await service().assume(role, webIdentityToken: token)
      // Role and session name are who AWS takes the caller for; the token only proves the right to be that.
      return AWSCredentials(
        temporary, source: "\(role.place) (\(tokenFile))",
        lineage: "web identity \(role.roleARN) \(role.sessionName)")
    } catch {
      throw error.within(role.place)
    }
  }

  private func service() throws(AWSError) -> SecurityTokenService {
    try context.securityTokenService(session, configuration)
  }
}
