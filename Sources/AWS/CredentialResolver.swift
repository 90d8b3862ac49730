internal import Secrets
internal import Synchronization
package import TokenBroker

/// Whose credentials sign for an identity.
///
/// Safe to use from any thread.
package final class CredentialResolver: Sendable {
  private struct HandedOut: Sendable {
    /// The last ones, for each identity that asked.
    var credentials: [Identity: AWSCredentials] = [:]
    /// Identities that were seen to be another caller's since the last `revalidate`.
    var changed: Set<Identity> = []
  }

  private let settings: UpstreamSettings
  private let environment: Environment
  private let files: SharedConfigFiles
  private let clock: any BrokerClock
  private let handedOut = Mutex(HandedOut())

  package init(
    settings: UpstreamSettings, environment: Environment, files: SharedConfigFiles, clock: any BrokerClock
  ) {
    self.settings = settings
    self.environment = environment
    self.files = files
    self.clock = clock
  }

  /// The credentials as of now.
  ///
  /// Throws `.noCredentials`, with the source or file that has none and what it lacks.
  package func credentials(for identity: Identity) async throws(TokenSourceError) -> AWSCredentials {
    let credentials: AWSCredentials?
    do {
      credentials = try await resolve(identity, try files.load())
    } catch {
      throw TokenSourceError(.noCredentials, error.message)
    }
    guard let credentials else {
      throw TokenSourceError(.noCredentials, "no AWS credentials: neither the environment nor a profile has any")
    }
    handedOut.withLock { handedOut in
      if let former = handedOut.credentials.updateValue(credentials, forKey: identity),
        !former.isSameKeyPair(as: credentials)
      {
        handedOut.changed.insert(identity)
      }
    }
    return credentials
  }

  /// Looks at the sources again, and returns the identities whose key pair is another one than was handed out, or gone:
  /// what is cached for them is somebody else's.
  ///
  /// Each is returned once.
  ///
  /// While a file cannot be read or parsed nothing is known to have changed; the next call tells.
  package func revalidate() async -> [Identity] {
    guard let configuration = try? files.load() else { return [] }
    for (identity, former) in handedOut.withLock({ $0.credentials }) {
      let current = try? await resolve(identity, configuration)
      if let current, current.isSameKeyPair(as: former) { continue }
      handedOut.withLock { handedOut in
        handedOut.credentials[identity] = current
        handedOut.changed.insert(identity)
      }
    }
    return handedOut.withLock { handedOut in
      defer { handedOut.changed = [] }
      return Array(handedOut.changed)
    }
  }

  private func resolve(
    _ identity: Identity, _ configuration: SharedConfiguration
  ) async throws(CredentialError) -> AWSCredentials? {
    guard identity.roleARN == nil else {
      throw CredentialError("role_arn of an instance is not supported")
    }
    let profile = ProfileName(identity: identity, settings: settings, environment: environment)
    try configuration.requireProfile(profile)
    return try await CredentialChain(
      environment: environment, configuration: configuration, profile: profile, now: clock.now
    ).credentials()
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
