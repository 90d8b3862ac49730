package import Outbound
internal import Secrets
internal import Synchronization
package import TokenBroker

/// `GetFederationToken` of Amazon Connect: signed, rate-limited, retried.
///
/// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetFederationToken.html. Safe to use from any
/// thread; calls share the retry quota and what is known of the clock.
package final class ConnectFederation: TokenSource {
  private let settings: UpstreamSettings
  private let environment: Environment
  private let files: SharedConfigFiles
  private let credentials: CredentialResolver
  private let transport: any HTTPTransport
  private let rateLimit: any RateLimiting
  private let clock: any BrokerClock
  private let jitter: @Sendable () -> Double
  private let quota = RetryQuota()
  /// Milliseconds that AWS's clock is ahead of ours, as far as signatures showed it.
  private let clockOffset = Atomic<Int64>(0)

  /// `jitter` draws a number of at least 0 and less than 1.
  package init(
    settings: UpstreamSettings, environment: Environment, files: SharedConfigFiles, credentials: CredentialResolver,
    transport: any HTTPTransport, rateLimit: any RateLimiting, clock: any BrokerClock,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.settings = settings
    self.environment = environment
    self.files = files
    self.credentials = credentials
    self.transport = transport
    self.rateLimit = rateLimit
    self.clock = clock
    self.jitter = jitter
  }

  package func fetch(_ key: TokenKey, priority: FetchPriority) async throws(TokenSourceError) -> FetchedToken {
    let path = try Self.path(instanceID: key.instanceID)
    let (endpoint, policy) = try target(key)
    var signer = settings.signsRequests ? try await credentials.credentials(for: key.identity) : nil
    var exchange = FederationExchange(policy: policy, isSigned: settings.signsRequests)
    var lastCost: Int?
    while true {
      try await rateLimit.admit(region: key.region, priority: priority)
      let result = await send(path, endpoint, signer)
      report(result, region: key.region)
      switch exchange.step(after: result, now: signingTime, jitter: jitter()) {
      case .succeed(let token):
        quota.giveBack(lastCost)
        return token
      case .retry(let delay, let cost, let failure):
        guard quota.take(cost) else { throw failure }
        lastCost = cost
        try await pause(delay)
      case .correctClock(let date):
        // Stored, not added: several calls may meet the same error at once.
        clockOffset.store(date - clock.now.wall, ordering: .relaxed)
      case .renewCredentials(let failure):
        let renewed = try await credentials.credentials(for: key.identity)
        guard renewed != signer else { throw failure }
        signer = renewed
      case .fail(let error):
        throw error
      }
    }
  }

  /// The operation's path.
  ///
  /// The instance id is one segment: `:` and `/` of an ARN are encoded.
  ///
  /// Throws where the id is not 1 to 100 characters long, or is a dot segment, which proxies resolve.
  package static func path(instanceID: String) throws(TokenSourceError) -> String {
    guard 1...100 ~= instanceID.unicodeScalars.count, instanceID != ".", instanceID != ".." else {
      throw TokenSourceError(
        .service(status: 400, code: "InvalidParameterException"),
        "an instance id is 1 to 100 characters long, and not . or ..")
    }
    return "/user/federate/\(PercentEncoding.encode(instanceID))"
  }

  /// Epoch milliseconds by AWS's clock, as far as it is known.
  private var signingTime: Int64 { clock.now.wall + clockOffset.load(ordering: .relaxed) }

  private func target(_ key: TokenKey) throws(TokenSourceError) -> (Endpoint, RetryPolicy) {
    let configuration: SharedConfiguration
    let profile = ProfileName(identity: key.identity, settings: settings, environment: environment)
    do {
      configuration = try files.load()
      try configuration.requireProfile(profile)
    } catch {
      throw TokenSourceError(.noCredentials, error.message)
    }
    let section = configuration.profile(profile.name)
    var settings = settings
    settings.endpointURL = key.endpointURL ?? settings.endpointURL
    let endpoint = try Endpoint.resolve(
      region: try Region(key.region), settings: settings, environment: environment, section: section,
      configuration: configuration)
    return (endpoint, RetryPolicy(environment: environment, section: section))
  }

  private func send(
    _ path: String, _ endpoint: Endpoint, _ credentials: AWSCredentials?
  ) async -> Result<TransportResponse, TransportError> {
    var fields: [(name: String, value: Secret)] = [("Host", Secret(endpoint.authority))]
    if let credentials {
      fields += SigV4.fields(
        signing: SigV4.Request(method: "GET", path: endpoint.basePath + path, fields: fields), credentials: credentials,
        region: endpoint.signingRegion, service: "connect", date: signingTime / 1000)
    }
    fields.append(("User-Agent", Secret("fedbroker")))
    let request = TransportRequest(
      method: "GET", url: endpoint.url(path: path), fields: fields, operation: .getFederationToken)
    do throws(TransportError) { return .success(try await transport.send(request)) } catch { return .failure(error) }
  }

  /// Tells the rate limit how upstream took the call; what never got an answer says nothing about its quota.
  private func report(_ result: Result<TransportResponse, TransportError>, region: String) {
    guard case .success(let response) = result else { return }
    if response.status >= 400, ServiceError(response).isThrottling {
      rateLimit.throttled(region: region)
    } else if response.status < 500 {
      rateLimit.succeeded(region: region)
    }
  }

  private func pause(_ milliseconds: Int64) async throws(TokenSourceError) {
    do {
      let end = clock.now.boot + milliseconds
      // It may wake early, when the wall clock is set.
      while clock.now.boot < end { try await clock.sleep(untilBoot: end) }
    } catch {
      throw TokenSourceError(.shuttingDown, "the call was cancelled while it waited to be tried again")
    }
  }
}
