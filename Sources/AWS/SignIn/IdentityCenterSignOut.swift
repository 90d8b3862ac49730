package import Clocks
internal import FoundationEssentials
internal import Glibc
internal import JSON
package import Outbound
internal import Secrets
internal import System

/// Signs a person out of IAM Identity Center as `aws sso logout` does: at the service, and in the AWS CLI's caches.
package struct IdentityCenterSignOut: Sendable {
  /// What was done.
  package struct Outcome: Sendable, Equatable {
    /// How many tokens are gone.
    package var tokens = 0
    /// How many files of credentials that the AWS CLI got with them.
    package var credentials = 0
    /// What the service did not take back, and what could not be removed, for people.
    package var problems: [String] = []
  }

  private let configuration: SharedConfiguration
  private let environment: Environment
  private let transport: any HTTPTransport

  package init(
    configuration: SharedConfiguration, environment: Environment, transport: any HTTPTransport, clock: any MomentClock,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.configuration = configuration
    self.environment = environment
    self.transport = RetryingTransport(
      transport, clock: clock, policy: RetryPolicy(environment: environment, section: nil), jitter: jitter)
  }

  /// Ends every sign-in that is cached, and goes on where one cannot be ended.
  package func run() async -> Outcome {
    var outcome = Outcome()
    for path in Self.files(in: IdentityCenterCache.folder(environment)) {
      guard let json = Self.object(in: path), let token = json["accessToken"]?.secretString else { continue }
      if let problem = await end(token, region: json["region"]?.string) {
        outcome.problems.append("\(path): \(problem)")
      }
      // Registrations stay, as they do for the AWS CLI: they sign nobody in.
      if Self.remove(path, &outcome.problems) { outcome.tokens += 1 }
    }
    for path in Self.files(in: PathExpansion.expand("~/.aws/cli/cache", environment))
    where Self.object(in: path)?["ProviderType"]?.string == "sso" {
      if Self.remove(path, &outcome.problems) { outcome.credentials += 1 }
    }
    return outcome
  }

  /// `Logout` of https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Logout.html; returns why it failed.
  private func end(_ token: Secret, region name: String?) async -> String? {
    guard let name, let region = try? Region(name) else { return "it names no region to sign out in" }
    let url: String
    do {
      url = try SignInService.portal.url(
        region: region, environment: environment, section: nil, configuration: configuration)
    } catch { return error.message }
    let request = TransportRequest(
      method: "POST", url: url + "/logout", fields: [("x-amz-sso_bearer_token", token)], operation: .logout)
    do throws(TransportError) {
      let response = try await transport.send(request)
      // One that has ended already is signed out.
      guard response.status != 200, response.status != 401 else { return nil }
      let error = ServiceError(response, from: "IAM Identity Center")
      return "IAM Identity Center did not end it: \(error.name): \(error.message)"
    } catch {
      return AWSError(unreached: "IAM Identity Center", error).message
    }
  }

  private static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { "\(folder)/\($0)" }
  }

  private static func object(in path: String) -> SecretJSON? {
    guard let contents = try? FileContents(path: path), let json = try? SecretJSON(parsing: contents.bytes),
      json.isObject
    else { return nil }
    return json
  }

  private static func remove(_ path: String, _ problems: inout [String]) -> Bool {
    guard unsafe unlink(path) != 0, errno != ENOENT else { return true }
    problems.append("\(path) cannot be removed: \(SystemError.last("unlink").reason)")
    return false
  }
}
