internal import AWS
internal import AWSCommandLine
internal import Clocks
internal import Outbound
internal import Secrets
internal import System

/// Calls `GetFederationToken` as the AWS CLI does: with the caller's own credentials and without a daemon.
///
/// It returns any answer of AWS. The daemon's `ConnectFederation` has a shared rate limit and refuses an answer without a
/// token.
struct DirectCall {
  private let signsRequests: Bool
  private let endpoint: Endpoint
  private let retries: LegacyRetryPolicy
  private let credentials: CredentialResolver
  private let transport: any HTTPTransport
  private let clock: any MomentClock
  private let environment: AWS.Environment
  private let debug: DebugOutput

  init(_ invocation: Invocation, profile: CommandProfile, debug: DebugOutput) throws(CommandFailure) {
    environment = profile.environment
    let section = try profile.section()
    try profile.checkClient(region: invocation.region, isSigned: invocation.signsRequests)
    let settings = UpstreamSettings(invocation)
    endpoint = try Self.endpoint(try profile.region(invocation.region), settings, profile, section)
    retries = LegacyRetryPolicy(environment: environment, section: section)
    do { clock = try SystemClock() } catch { throw .exception("\(error)") }
    do { try CurlLibrary.load() } catch { throw .unavailable(error.description) }
    var transportSettings = TransportSettings(settings, environment: environment, section: section)
    // Like the AWS CLI, for which only the time between two bytes counts.
    transportSettings.longestAnswer = nil
    transport = CurlTransport(transportSettings)
    credentials = CredentialResolver(
      CredentialContext(
        settings: settings, environment: environment, transport: transport,
        // One command makes few STS calls, so any limit will do.
        rateLimit: RateLimiter(clock: clock, rate: 10, burst: 20), clock: clock),
      files: profile.files)
    signsRequests = invocation.signsRequests
    self.debug = debug
  }

  /// Calls AWS until an answer is final or the attempts are used up.
  ///
  /// - Returns: The answer of AWS, which may be an error.
  /// - Throws: The reason why there is no answer, in the AWS CLI's words.
  func answer(instanceID: String, profile: String?) async throws(CommandFailure) -> ServiceAnswer {
    // A proxy that resolves dot segments would call another operation.
    guard instanceID != ".", instanceID != ".." else {
      throw .exception("Parameter validation failed:\nInvalid value for parameter InstanceId: neither . nor ..")
    }
    let path = "/user/federate/\(PercentEncoding.encode(instanceID))"
    let signer = signsRequests ? try await signer(profile) : nil
    return try await RetryLoop.run(clock: clock, cancelled: CommandFailure.exception("cancelled")) {
      (attempt) async throws(CommandFailure) -> RetryLoop.Step<ServiceAnswer> in
      switch await send(path, signer) {
      case .success(let response):
        let answer = ServiceAnswer(response)
        let isTransient = answer.isError && LegacyRetryPolicy.isTransient(status: answer.status, code: answer.errorCode)
        guard isTransient else { return .end(answer) }
        guard attempt < retries.maxAttempts else { throw answer.failure(retries: attempt - 1) }
      case .failure(let error):
        guard error.isRepeatable, attempt < retries.maxAttempts else {
          throw error.failure(url: endpoint.url(path: path))
        }
      }
      let delay = LegacyRetryPolicy.delay(afterAttempt: attempt, jitter: .random(in: 0..<1))
      debug.write("attempt \(attempt) of \(retries.maxAttempts) failed; trying again in \(delay) ms")
      return .again(after: Milliseconds(delay))
    }
  }

  private func signer(_ profile: String?) async throws(CommandFailure) -> AWSCredentials {
    do {
      let credentials = try await credentials.credentials(for: Identity(profile: profile))
      debug.write("credentials: \(credentials.accessKeyID) of \(credentials.source)")
      return credentials
    } catch {
      throw error.message.hasPrefix("no AWS credentials") ? .noCredentials : .exception(error.message)
    }
  }

  private func send(_ path: String, _ signer: AWSCredentials?) async -> Result<TransportResponse, TransportError> {
    var fields: [(name: String, value: Secret)] = [("Host", Secret(endpoint.authority))]
    let now = clock.now
    if let signer {
      let unsigned = SigV4.Request(method: "GET", path: endpoint.basePath + path, fields: fields)
      fields += SigV4.fields(
        signing: unsigned, credentials: signer, region: endpoint.signingRegion, service: "connect",
        date: now.wall / 1000)
    }
    debug.write(request: endpoint.url(path: path), path: endpoint.basePath + path, fields)
    fields.append(("User-Agent", Secret("fedbroker")))
    let request = TransportRequest(method: "GET", url: endpoint.url(path: path), fields: fields)
    let result: Result<TransportResponse, TransportError>
    do throws(TransportError) { result = .success(try await transport.send(request)) } catch {
      result = .failure(error)
    }
    debug.write(result, milliseconds: clock.now.boot - now.boot)
    return result
  }

  private static func endpoint(
    _ region: String, _ settings: UpstreamSettings, _ profile: CommandProfile, _ section: SharedConfiguration.Section?
  ) throws(CommandFailure) -> Endpoint {
    do {
      return try Endpoint.resolve(
        region: try Region(region), settings: settings, environment: profile.environment, section: section,
        configuration: try profile.loaded())
    } catch let error as CommandFailure {
      throw error
    } catch let error as AWSError {
      throw .exception(settings.endpointURL.map { "Invalid endpoint: \($0)" } ?? error.message)
    } catch {
      throw .exception("\(error)")
    }
  }
}

extension UpstreamSettings {
  fileprivate init(_ invocation: Invocation) {
    self.init()
    region = invocation.region
    profile = invocation.profile
    endpointURL = invocation.endpointURL
    caBundle = invocation.caBundle
    verifiesCertificates = invocation.verifiesCertificates
    signsRequests = invocation.signsRequests
    connectTimeout = Double(invocation.connectTimeout)
    readTimeout = Double(invocation.readTimeout)
  }
}

extension ServiceAnswer {
  fileprivate init(_ response: TransportResponse) {
    self.init(
      status: response.status, errorType: response["x-amzn-ErrorType"],
      body: response.body.withBytes { bytes in bytes.indices.map { bytes[$0] } })
  }
}

extension TransportError {
  fileprivate var isRepeatable: Bool {
    switch reason {
    case .resolve, .connect, .connectTimedOut, .readTimedOut, .tls, .interrupted: true
    case .tooLarge, .invalidRequest, .cancelled: false
    }
  }

  /// Returns botocore's message for the error.
  fileprivate func failure(url: String) -> CommandFailure {
    switch reason {
    case .resolve, .connect: .exception("Could not connect to the endpoint URL: \"\(url)\"")
    case .connectTimedOut: .exception("Connect timeout on endpoint URL: \"\(url)\"")
    case .readTimedOut: .exception("Read timeout on endpoint URL: \"\(url)\"")
    case .tls: .exception("SSL validation failed for \(url) \(message)")
    case .interrupted:
      .exception("Connection was closed before we received a valid response from endpoint URL: \"\(url)\".")
    case .tooLarge, .invalidRequest, .cancelled:
      .exception("An HTTP Client raised an unhandled exception: \(message)")
    }
  }
}
