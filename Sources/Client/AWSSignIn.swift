internal import AWS
internal import Clocks
internal import Configuration
internal import Glibc
internal import Outbound
internal import Secrets
internal import System

/// `fedbroker login` and `fedbroker logout`: signs the person of a desktop in to AWS and out, without the AWS CLI.
///
/// The daemon sees it by the AWS CLI's files, which it watches.
package struct AWSSignIn: Sendable {
  private let variables: [String: String]
  private let profile: CommandProfile
  private let configuration: SharedConfiguration
  private let transport: any HTTPTransport
  private let clock: any MomentClock

  /// How long the browser may take to come back, as with the AWS CLI.
  private static let longestVisit: Int64 = 600_000

  /// - Parameter name: The AWS profile; `nil` takes the environment's, else `default`.
  package init(profile name: String?, environment variables: [String: String]) throws(CommandError) {
    self.variables = variables
    let environment = AWS.Environment(variables)
    profile = CommandProfile(name, environment: environment)
    do throws(AWSError) { configuration = try profile.files.load() } catch { throw CommandError(error) }
    do throws(CurlLibrary.Unavailable) { try CurlLibrary.load() } catch {
      throw CommandError(error.description, exitCode: EX_UNAVAILABLE)
    }
    transport = CurlTransport(
      TransportSettings(
        UpstreamSettings(), environment: environment, section: configuration.profile(profile.profileName)))
    do { clock = try SystemClock() } catch { throw CommandError("\(error)") }
  }

  /// Signs in, and keeps the token where the AWS CLI, SDKs and the daemon find it; `tell` is given what a person is to
  /// read meanwhile.
  ///
  /// - Parameter usesDevice: Whether the person enters a code, on this machine or on another one.
  package func signIn(usesDevice: Bool, tell: @Sendable (String) -> Void) async throws(CommandError) {
    let signIn: IdentityCenterSignIn
    do throws(AWSError) {
      signIn = try IdentityCenterSignIn(
        profile: profile.profileName, configuration: configuration, environment: profile.environment,
        transport: transport, clock: clock)
      if usesDevice || !signIn.usesLoopback { try await enterCode(signIn, tell) }
    } catch {
      throw CommandError(error)
    }
    if !usesDevice, signIn.usesLoopback { try await visit(signIn, tell) }
    tell("signed in: \(signIn.session.description.printable)")
  }

  /// Signs out everywhere: at IAM Identity Center and in the AWS CLI's caches.
  package func signOut() async throws(CommandError) -> String {
    let outcome = await IdentityCenterSignOut(
      configuration: configuration, environment: profile.environment, transport: transport, clock: clock
    ).run()
    guard outcome.problems.isEmpty else {
      throw CommandError(outcome.problems.map(\.printable).joined(separator: "\n"))
    }
    guard outcome.tokens > 0 else { return "nobody was signed in" }
    return "signed out of \(outcome.tokens == 1 ? "one sign-in" : "\(outcome.tokens) sign-ins")"
  }

  private func enterCode(_ signIn: IdentityCenterSignIn, _ tell: (String) -> Void) async throws(AWSError) {
    let authorization = try await signIn.deviceAuthorization()
    tell(
      "Open \(authorization.url.printable) in a browser, on any machine, and enter the code"
        + " \(authorization.userCode.printable)\nor open \(authorization.completeURL.exposed.printable)")
    try await signIn.finish(authorization)
  }

  private func visit(_ signIn: IdentityCenterSignIn, _ tell: (String) -> Void) async throws(CommandError) {
    let redirect = try LoopbackRedirect(uid: geteuid())
    let result: Result<Void, CommandError>
    do throws(CommandError) { result = .success(try await visit(signIn, redirect, tell)) } catch {
      result = .failure(error)
    }
    await redirect.close()
    try result.get()
  }

  private func visit(
    _ signIn: IdentityCenterSignIn, _ redirect: LoopbackRedirect, _ tell: (String) -> Void
  ) async throws(CommandError) {
    let request: AuthorizationRequest
    do throws(AWSError) { request = try await signIn.authorization(port: redirect.port) } catch {
      throw CommandError(error)
    }
    redirect.lead(to: request)
    tell(
      "Sign in in the browser. If none opens, open \(redirect.address) on this machine; without one, use"
        + " fedbroker login --device")
    do throws(CommandError) { try DesktopBrowser.show(redirect.address, environment: variables) } catch {
      // The person can still open the address, or press Ctrl-C.
      tell(error.description)
    }
    switch await redirect.answer(within: Self.longestVisit, clock) {
    case .code(let code):
      do throws(AWSError) { try await signIn.finish(request, code: code) } catch { throw CommandError(error) }
    case .refused(let reason): throw CommandError("IAM Identity Center did not sign in: \(reason.printable)")
    case .foreign, nil: throw CommandError("the browser did not come back within ten minutes: sign in again")
    }
  }
}

extension CommandError {
  fileprivate init(_ error: AWSError) {
    self.init(error.text.printable)
  }
}
