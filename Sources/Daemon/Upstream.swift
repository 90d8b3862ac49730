internal import AWS
internal import ConnectEmulator
internal import Logging
internal import Outbound
internal import Secrets
internal import TokenBroker

/// Where tokens come from, by the configuration: Amazon Connect, or an emulator of it within the process.
struct Upstream: Sendable {
  let source: any TokenSource
  private let settings: UpstreamSettings
  private let environment: AWS.Environment
  private let sharedFiles: SharedConfigFiles
  private let credentials: CredentialResolver

  init(_ configuration: Configuration, environment: [String: String], clock: any BrokerClock, metrics: Metrics) {
    let environment = configuration.emulate ? Self.emulatedEnvironment : AWS.Environment(environment)
    let settings = UpstreamSettings(configuration, environment: environment)
    let files = SharedConfigFiles(environment: environment)
    let credentials = CredentialResolver(settings: settings, environment: environment, files: files, clock: clock)
    let transport = MeteredTransport(
      transport: configuration.emulate
        ? EmulatorTransport(ConnectEmulator())
        : CurlTransport(TransportSettings(settings, environment: environment)),
      metrics: metrics)
    source = ConnectFederation(
      settings: settings, environment: environment, files: files, credentials: credentials, transport: transport,
      rateLimit: RateLimiter(clock: clock, rate: configuration.upstream.rate, burst: configuration.upstream.burst),
      clock: clock)
    self.settings = settings
    self.environment = environment
    self.sharedFiles = files
    self.credentials = credentials
  }

  /// The files whose change may mean another caller, region or endpoint.
  var files: [String] { sharedFiles.paths }

  /// The identities whose credentials are no longer the ones that were used.
  func changedIdentities() async -> Set<Identity> {
    Set(await credentials.revalidate())
  }

  /// What is served, with the regions as the environment and the files give them now.
  func directory(of instances: [Configuration.Instance]) -> InstanceDirectory {
    let entries = instances.map { instance in
      InstanceDirectory.Entry(
        alias: instance.alias, isWarm: instance.warm,
        key: key(
          instance.id, region: instance.region, profile: instance.profile, endpointURL: instance.endpointURL),
        instanceID: instance.id)
    }
    return InstanceDirectory(entries: entries) { id in key(id, region: nil, profile: nil, endpointURL: nil) }
  }

  private func key(_ id: String, region: String?, profile: String?, endpointURL: String?) -> TokenKey? {
    let identity = Identity(profile: profile ?? settings.profile)
    let name = ProfileName(identity: identity, settings: settings, environment: environment)
    let section = (try? sharedFiles.load())?.profile(name.name)
    guard
      let region = try? Region.resolve(
        instanceRegion: region, instanceID: id, settings: settings, environment: environment, section: section)
    else { return nil }
    return TokenKey(instanceID: id, region: region.name, identity: identity, endpointURL: endpointURL)
  }

  /// Nothing of the real environment reaches an emulated call: no account, no network, no file.
  private static let emulatedEnvironment = AWS.Environment([
    "AWS_ACCESS_KEY_ID": ConnectEmulator.KeyPair.emulated.accessKeyID,
    "AWS_SECRET_ACCESS_KEY": ConnectEmulator.KeyPair.emulated.secretAccessKey.exposed,
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_REGION": "us-east-1",
  ])
}

extension UpstreamSettings {
  init(_ configuration: Configuration, environment: AWS.Environment) {
    self.init()
    region = configuration.region
    profile = configuration.emulate ? nil : configuration.profile
    endpointURL = configuration.emulate ? nil : configuration.endpointURL
    caBundle = configuration.caBundle ?? environment.nonEmpty("AWS_CA_BUNDLE")
    verifiesCertificates = !configuration.noVerifySSL
    signsRequests = !configuration.noSignRequest
    connectTimeout = Double(configuration.cliConnectTimeout)
    readTimeout = Double(configuration.cliReadTimeout)
  }
}

extension TransportSettings {
  init(_ settings: UpstreamSettings, environment: AWS.Environment) {
    self.init()
    caBundle = settings.caBundle
    verifiesCertificates = settings.verifiesCertificates
    connectTimeout = settings.connectTimeout
    readTimeout = settings.readTimeout
    proxies = ProxySettings(environment: environment.variables)
  }
}
