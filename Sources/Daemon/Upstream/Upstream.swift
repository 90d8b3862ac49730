internal import AWS
internal import Clocks
internal import Configuration
internal import ConnectEmulator
internal import FederationBroker
internal import LocalAPI
internal import Logging
internal import Outbound
internal import Secrets

/// Where tokens come from, by the configuration: Amazon Connect, or an emulator of it within the process.
struct Upstream: Sendable {
  let source: any TokenSource
  /// How the daemon works with its fleet; `nil` without one.
  let fleet: FleetMembership?
  /// What shares tokens with the fleet; `nil` where none are shared.
  let sharing: FleetSource?
  private let federation: ConnectFederation
  private let settings: UpstreamSettings
  private let environment: AWS.Environment
  private let sharedFiles: SharedConfigFiles
  private let emulates: Bool
  private let credentials: CredentialResolver
  /// The machine's region, for instances without another one; `nil` until the metadata service was asked.
  var machineRegion: String?

  /// - Parameters:
  ///   - emulator: Stands for Amazon Connect where the settings say so.
  ///   - former: What was in force before, in the same environment: what is known of the files stays known, so that a reload
  ///     reads no file that has not changed.
  init(
    _ settings: Settings, environment: [String: String], clock: any MomentClock, metrics: Metrics,
    emulator: ConnectEmulator = ConnectEmulator(), on thread: OutboundThread = OutboundThread(), logger: Logger? = nil,
    after former: Upstream? = nil
  ) {
    let environment = settings.emulates ? Self.emulatedEnvironment : AWS.Environment(environment)
    emulates = settings.emulates
    let knownFiles = former.flatMap { $0.emulates == settings.emulates ? $0.sharedFiles : nil }
    let files = knownFiles ?? SharedConfigFiles(environment: environment)
    let transport = MeteredTransport(
      transport: settings.emulates
        ? EmulatorTransport(emulator)
        : CurlTransport(TransportSettings(settings.calls, environment: environment), on: thread),
      metrics: metrics)
    let credentials = CredentialResolver(
      CredentialContext(
        settings: settings.calls, environment: environment, transport: transport,
        rateLimit: RateLimiter(clock: clock, rate: Self.stsRate, burst: Self.stsBurst), clock: clock,
        capacity: settings.capacity, patience: settings.patience),
      files: files)
    // Our bucket and AWS's never agree to the millisecond: the last call of a full burst would be throttled.
    let ownLimit = RateLimiter(
      clock: clock, rate: settings.rateLimit.rate, burst: max(1, settings.rateLimit.burst - 1))
    if let fleet = settings.fleet, let logger {
      self.fleet = FleetMembership(
        fleet, requestTimeout: settings.requestTimeout, on: thread, clock: clock, metrics: metrics.fleet, logger: logger
      )
    } else {
      fleet = nil
    }
    let limit: any RateLimiting = fleet?.limit(ownLimit) ?? ownLimit
    let federation = ConnectFederation(
      settings: settings.calls, environment: environment, files: files, credentials: credentials, transport: transport,
      rateLimit: limit, clock: clock)
    self.federation = federation
    sharing = fleet?.sharing(federation)
    if settings.emulates {
      source = RolelessSource(source: federation)
    } else if let sharing {
      source = sharing
    } else {
      source = federation
    }
    self.settings = settings.calls
    self.environment = environment
    self.sharedFiles = files
    self.credentials = credentials
  }

  /// STS calls a second: far below the quota of 600 per account and region, which other programs share.
  private static let stsRate = 10.0
  private static let stsBurst = 20

  /// What is wrong with the variables that name a proxy, one line each.
  var proxyProblems: [String] {
    emulates ? [] : TransportSettings(settings, environment: environment).proxies.problems
  }

  /// Returns why an instance has no credentials, as far as that is known without a call.
  func credentialProblem(of instance: Configuration.Instance) async -> AWSError? {
    await credentials.problem(of: identity(of: instance))
  }

  /// The files whose change may mean another caller, region or endpoint.
  ///
  /// Reads the AWS files, because a profile can name another.
  var files: [String] { credentials.paths }

  /// Returns whether a file changed only because the daemon renewed the credentials in it.
  func isOwnRenewal(_ path: String) -> Bool { credentials.isOwnRenewal(path) }

  /// The profiles whose credentials now belong to another caller; for one task only.
  var callerChanges: AsyncStream<ProfileName> { credentials.changes }

  /// Returns the profiles whose credentials belong to another caller after a file changed.
  func changedProfiles() async -> Set<ProfileName> {
    await credentials.revalidate()
  }

  /// Returns whether the token of `key` was fetched with that profile, with or without a role.
  func isOf(_ profile: ProfileName, _ key: TokenKey) -> Bool {
    credentials.profileName(of: key.identity) == profile
  }

  /// Returns the instances with their regions as the environment and the files give them now.
  func directory(of instances: [Configuration.Instance]) -> InstanceDirectory {
    let entries = instances.map { instance in
      InstanceDirectory.Entry(
        alias: instance.alias, isWarm: instance.warm, key: key(of: instance), instanceID: instance.id,
        sessionNames: instance.sessionNames, loginOrigins: Set(instance.loginOrigins))
    }
    let unlisted = Identity(profile: settings.profile)
    return InstanceDirectory(
      entries: entries, unlistedKey: { id in key(id, unlisted, region: nil, endpointURL: nil) },
      isSelected: isSelected, diagnose: { [self] in await diagnosis(of: $0, among: instances) },
      signInToAWS: { [credentials] key in credentials.identityCenterSignIn(for: key.identity) })
  }

  /// Returns the machine's region if an instance needs it; `nil` otherwise.
  ///
  /// Takes some seconds if there is no metadata service.
  func neededMachineRegion(for instances: [Configuration.Instance]) async -> String? {
    let unlisted = Identity(profile: settings.profile)
    let lacksRegion =
      instances.isEmpty
      ? key("", unlisted, region: nil, endpointURL: nil) == nil
      : directory(of: instances).entries.contains { $0.key == nil }
    return lacksRegion ? await credentials.machineRegion(for: unlisted) : nil
  }

  /// Returns whether a command selects the key's credentials: a profile by its name, the environment by its access key id.
  private func isSelected(_ key: TokenKey, _ selector: IdentitySelector) -> Bool {
    // A role of the instance makes another identity.
    guard key.identity.roleARN == nil else { return false }
    let profile = credentials.profileName(of: key.identity)
    // As in the default chain: the environment's credentials count unless a profile was asked for.
    let accessKeyID = profile.origin == .setting ? nil : environment.nonEmpty("AWS_ACCESS_KEY_ID")
    switch selector {
    case .profile(let name): return accessKeyID == nil && name == profile.name
    case .accessKeyID(let id): return id == accessKeyID ?? credentials.accessKeyID(for: key.identity)
    }
  }

  /// Returns a report for people on the sources of an instance's credentials.
  ///
  /// - Parameters:
  ///   - instance: `nil` stands for one that is not listed.
  ///   - asksWhose: Whether AWS is asked whose they are.
  func credentialReport(
    on instance: Configuration.Instance?, asksWhose: Bool
  ) async throws(AWSError) -> CredentialReport {
    var identity = instance.map { self.identity(of: $0) } ?? Identity(profile: settings.profile)
    // A role that several people share is not assumed here.
    if let instance, instance.roleSessionName == nil, !instance.sessionNames.isEmpty { identity.roleARN = nil }
    return try await credentials.report(on: identity, asksWhose: asksWhose)
  }

  /// Returns what each step of the way to a key's token shows, up to the call for the token.
  private func diagnosis(of key: TokenKey, among instances: [Configuration.Instance]) async -> [Finding] {
    guard !emulates else {
      return [
        .good(
          .endpoint, tried: "looked who stands for Amazon Connect", "the emulator within the daemon; AWS is not asked")
      ]
    }
    let instance = instances.first { $0.id == key.instanceID && self.key(of: $0)?.region == key.region }
    let name = ProfileName(identity: key.identity, settings: settings, environment: environment)
    let origin = Region.sources(
      instanceRegion: instance?.region, instanceID: key.instanceID, settings: settings, environment: environment,
      section: (try? sharedFiles.load())?.profile(name.name), machineRegion: machineRegion
    ).first { $0.name != nil }?.origin
    return await federation.diagnosis(
      region: key.region, regionOrigin: origin ?? "the configuration", identity: key.identity,
      endpointURL: key.endpointURL)
  }

  private func key(of instance: Configuration.Instance) -> TokenKey? {
    key(instance.id, identity(of: instance), region: instance.region, endpointURL: instance.endpointURL)
  }

  private func identity(of instance: Configuration.Instance) -> Identity {
    Identity(
      profile: instance.profile ?? settings.profile, roleARN: instance.roleARN,
      sessionName: instance.roleSessionName, externalID: instance.externalID)
  }

  private func key(_ id: String, _ identity: Identity, region: String?, endpointURL: String?) -> TokenKey? {
    let name = ProfileName(identity: identity, settings: settings, environment: environment)
    let section = (try? sharedFiles.load())?.profile(name.name)
    guard
      let region = try? Region.resolve(
        instanceRegion: region, instanceID: id, settings: settings, environment: environment, section: section,
        machineRegion: machineRegion)
    else { return nil }
    return TokenKey(instanceID: id, region: region.name, identity: identity, endpointURL: endpointURL)
  }

  /// The environment of emulated calls: no account, no network, no file.
  private static let emulatedEnvironment = AWS.Environment([
    "AWS_ACCESS_KEY_ID": ConnectEmulator.KeyPair.emulated.accessKeyID,
    "AWS_SECRET_ACCESS_KEY": ConnectEmulator.KeyPair.emulated.secretAccessKey.exposed,
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_REGION": "us-east-1",
  ])
}

/// Fetches without roles, which the emulator does not know.
private struct RolelessSource: TokenSource {
  let source: any TokenSource

  func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    let key = TokenKey(
      instanceID: key.instanceID, region: key.region, identity: Identity(profile: key.identity.profile),
      endpointURL: key.endpointURL)
    return try await source.fetch(key, priority: priority)
  }
}

extension Upstream {
  /// Everything in a configuration that decides how AWS is called: a reload that changes any of it makes a new upstream.
  struct Settings: Sendable, Equatable {
    private(set) var calls = UpstreamSettings()
    let rateLimit: Configuration.RateLimit
    /// The number of identities whose credentials are kept: as many as tokens.
    let capacity: Int
    /// How old a call of a credential source may be that a fetch waits for.
    ///
    /// Less than a request waits: the call that a request has waited for in vain must not hold the next one.
    let patience: Duration
    let emulates: Bool
    let requestTimeout: Duration
    /// `nil` without a fleet, and for those who only look at credentials.
    let fleet: FleetSettings?

    init(_ configuration: Configuration, fleet: FleetSettings? = nil) {
      self.fleet = fleet
      requestTimeout = configuration.requestTimeout
      rateLimit = configuration.rateLimit
      capacity = configuration.cache.maxEntries
      patience = min(configuration.requestTimeout, .seconds(30)) * 0.9
      emulates = configuration.emulate
      calls.region = configuration.region
      calls.profile = emulates ? nil : configuration.profile
      calls.endpointURL = emulates ? nil : configuration.endpointURL
      calls.caBundle = configuration.caBundle
      calls.verifiesCertificates = !configuration.noVerifySSL
      calls.signsRequests = !configuration.noSignRequest
      calls.connectTimeout = Double(configuration.cliConnectTimeout)
      calls.readTimeout = Double(configuration.cliReadTimeout)
    }

    /// Returns whether tokens that were fetched with the other settings are those of the same account.
    func haveSameAccount(as other: Settings) -> Bool {
      calls.endpointURL == other.calls.endpointURL && emulates == other.emulates
        && calls.signsRequests == other.calls.signsRequests
    }
  }
}
