package import Clocks
package import Outbound
internal import Secrets
internal import Synchronization

/// The EC2 instance metadata service, version 2 only: version 1 answers anyone who can make this host send a GET.
///
/// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html. Safe to use from any
/// thread; no lock is held while a request is under way.
package final class InstanceMetadata: Sendable {
  private struct Session: Sendable {
    let token: Secret
    /// Milliseconds since boot.
    var end: Int64
  }

  /// Why there is no answer.
  enum Failure: Error, Equatable {
    /// Nothing answers there, and never did: this is not an EC2 instance.
    case absent
    /// The instance has nothing of that name.
    case notFound
    /// It is there, or should be, and does not give what was asked for.
    case failed(AWSError)
  }

  /// Six hours, the longest that the service grants, in seconds.
  private static let sessionLifetime: Int64 = 21_600

  private let transport: any HTTPTransport
  private let clock: any MomentClock
  private let sessions = Mutex<[String: Session]>([:])

  package init(transport: any HTTPTransport, clock: any MomentClock) {
    self.transport = transport
    self.clock = clock
  }

  /// The region that the instance is in; `nil` if there is no metadata service, or it does not say.
  package func region(_ settings: InstanceMetadataSettings) async -> String? {
    let region = (try? await get("placement/region", settings))?.exposed
    return region.flatMap { (try? Region($0))?.name }
  }

  /// The value of a category below `/latest/meta-data/`; never empty.
  func get(_ path: String, _ settings: InstanceMetadataSettings) async throws(Failure) -> Secret {
    var response = try await get(path, try await session(settings), settings)
    if response.status == 401 {
      // The token is over before its time, as after a stop and start of the instance.
      sessions.withLock { $0[settings.baseURL]?.end = 0 }
      response = try await get(path, try await session(settings), settings)
    }
    guard response.status != 404 else { throw .notFound }
    guard response.status == 200, !response.body.isEmpty else {
      throw .failed(settings.error(response, "answered status \(response.status) for \(path)"))
    }
    return response.body
  }

  private func get(
    _ path: String, _ session: Session, _ settings: InstanceMetadataSettings
  ) async throws(Failure) -> TransportResponse {
    try await send("GET", "meta-data/\(path)", ("X-aws-ec2-metadata-token", session.token), settings) { response in
      [401, 404].contains(response.status) || response.status == 200 && !response.body.isEmpty
    }
  }

  private func session(_ settings: InstanceMetadataSettings) async throws(Failure) -> Session {
    let now = clock.now.boot
    if let session = sessions.withLock({ $0[settings.baseURL] }), now < session.end { return session }
    let lifetime = ("X-aws-ec2-metadata-token-ttl-seconds", Secret(String(Self.sessionLifetime)))
    let response = try await send("PUT", "api/token", lifetime, settings) { response in
      [200, 400, 403, 404, 405].contains(response.status)
    }
    guard response.status == 200, !response.body.isEmpty else {
      throw .failed(settings.error(response, "gave no session token (IMDSv2): it answered status \(response.status)"))
    }
    let session = Session(token: response.body, end: now + Self.sessionLifetime * 1000)
    sessions.withLock { $0[settings.baseURL] = session }
    return session
  }

  private func send(
    _ method: String, _ path: String, _ field: (name: String, value: Secret), _ settings: InstanceMetadataSettings,
    isFinal: @escaping @Sendable (TransportResponse) -> Bool
  ) async throws(Failure) -> TransportResponse {
    let request = TransportRequest(
      method: method, url: "\(settings.baseURL)/latest/\(path)", fields: [field], connectTimeout: settings.timeout,
      readTimeout: settings.timeout, bypassesProxy: true)
    let retrying = RetryingTransport(transport: transport, clock: clock, maxAttempts: settings.maxAttempts) {
      outcome, _ in
      if case .success(let response) = outcome, isFinal(response) { nil } else { 0 }
    }
    do {
      return try await retrying.send(request)
    } catch {
      // Where it answered once, this is an outage, which must not look like a host without a service.
      let isKnown = settings.isConfigured || sessions.withLock { $0[settings.baseURL] } != nil
      let isSilent = [.connect, .connectTimedOut, .readTimedOut, .resolve].contains(error.reason)
      guard isKnown || !isSilent else { throw .absent }
      throw .failed(AWSError(unreached: settings.place, error))
    }
  }
}

extension InstanceMetadataSettings {
  fileprivate func error(_ response: TransportResponse, _ reason: String) -> AWSError {
    // Nothing at all with status 200 is a service that is starting.
    guard response.status != 200 else { return AWSError(.badResponse, "\(place) \(reason), and nothing else") }
    return AWSError(refused: "\(place) \(reason)", ServiceError(response))
  }
}
