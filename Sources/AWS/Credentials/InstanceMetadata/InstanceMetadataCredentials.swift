package import Clocks
internal import JSON
internal import Outbound
internal import Secrets

/// The credentials of the role that an EC2 instance has.
///
/// Source: botocore's InstanceMetadataProvider. Safe to use from any thread.
package struct InstanceMetadataCredentials {
  private let metadata: InstanceMetadata
  private let environment: Environment
  private let section: SharedConfiguration.Section?
  private let clock: any MomentClock
  private let jitter: @Sendable () -> Double

  /// - Parameters:
  ///   - metadata: The client, shared because it keeps the session with the service.
  ///   - environment: Variables that configure how to ask the service.
  ///   - section: The profile, which configures the same.
  ///   - clock: When credentials expire.
  ///   - jitter: Draws a number of at least 0 and less than 1.
  package init(
    metadata: InstanceMetadata, environment: Environment, section: SharedConfiguration.Section?,
    clock: any MomentClock, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.metadata = metadata
    self.environment = environment
    self.section = section
    self.clock = clock
    self.jitter = jitter
  }

  /// `nil` also where nothing answers at the service's address.
  package func credentials() async throws(AWSError) -> AWSCredentials? {
    guard let settings = try InstanceMetadataSettings(environment: environment, section: section) else { return nil }
    let source = settings.place
    let body: Secret
    do {
      // One a line, the last of which may end.
      let names = try await metadata.get("iam/security-credentials/", settings).exposed
      let role = String(names.prefix { !$0.isNewline })
      guard Self.isRoleName(role) else { throw AWSError(.badResponse, "\(source) names no role") }
      body = try await metadata.get("iam/security-credentials/\(role)", settings)
    } catch InstanceMetadata.Failure.absent {
      return nil
    } catch InstanceMetadata.Failure.notFound {
      throw AWSError(.noCredentials, "\(source) has no role: attach an instance profile")
    } catch InstanceMetadata.Failure.failed(let error) {
      throw error
    } catch let error as AWSError {
      throw error
    } catch {
      throw AWSError(.noCredentials, "\(source) gave no credentials")
    }
    return try read(body, source)
  }

  private func read(_ body: Secret, _ source: String) throws(AWSError) -> AWSCredentials {
    guard let json = try? SecretJSON(parsing: body), json.isObject else {
      throw AWSError(.badResponse, "the answer of \(source) is not a JSON object")
    }
    if json["AccessKeyId"] == nil, json["Code"] != nil {
      let error = ServiceError(TransportResponse(status: 200, fields: [], body: body), from: "it")
      throw AWSError(
        .noCredentials, "\(source) has no credentials of the instance's role: \(error.name): \(error.message)")
    }
    let credentials = try AWSCredentials(metadata: json, source: source)
    guard let expiration = credentials.expiration else { return credentials }
    return credentials.expiring(at: Self.usableUntil(expiration, now: clock.now.wall, jitter: jitter()))
  }

  /// When to ask again: at `expiration`, or some 20 minutes from now where that is near or past.
  ///
  /// In an outage of its own the service hands out credentials that have run out, and AWS accepts them for that time
  /// ("static stability"). The numbers are botocore's.
  static func usableUntil(_ expiration: Int64, now: Int64, jitter: Double) -> Int64 {
    let minute: Int64 = 60 * 1000
    let lead = 15 * minute + 2 * minute + Int64(jitter * Double(8 * minute))
    return now >= expiration - lead ? now + lead : expiration
  }

  /// IAM's characters (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html); it becomes part of a path.
  private static func isRoleName(_ text: String) -> Bool {
    1...64 ~= text.utf8.count && text != "." && text != ".."
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+=,.@-".contains($0)) }
  }
}
