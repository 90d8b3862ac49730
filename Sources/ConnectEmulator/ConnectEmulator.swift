internal import AWS
internal import Clocks
internal import Glibc
internal import JSON
internal import LocalHTTP
package import Secrets
internal import Synchronization
internal import System

/// A stand-in for the Amazon Connect endpoint: the wire protocol of `GetFederationToken`, signatures verified by
/// recomputing them, and answers by a script.
///
/// Knows nothing of how requests reach it: `EmulatorHandler` serves it over HTTP, `EmulatorTransport` within the process.
/// Safe to use from any thread.
package final class ConnectEmulator: Sendable {
  /// What callers must sign with.
  package struct KeyPair: Sendable {
    package let accessKeyID: String
    package let secretAccessKey: Secret

    package init(accessKeyID: String, secretAccessKey: Secret) {
      self.accessKeyID = accessKeyID
      self.secretAccessKey = secretAccessKey
    }

    /// A fixed pair, known to everybody: it belongs to no account.
    package static let emulated = KeyPair(accessKeyID: "AKIDEMULATOR", secretAccessKey: Secret("emulated-secret-key"))
  }

  private struct State {
    var script: EmulatorScript
    var calls = 0
    var tokens = 0
    /// Where its pages are; `nil` where it has none.
    var pages: String?
  }

  private let keyPair: KeyPair
  let userName: String
  private let now: @Sendable () -> Double
  private let state: Mutex<State>

  /// - Parameters:
  ///   - userName: the Connect user that the answers name.
  ///   - now: epoch seconds.
  package init(
    keyPair: KeyPair = .emulated, userName: String = "emulated-agent", script: EmulatorScript = EmulatorScript(),
    now: @escaping @Sendable () -> Double = ConnectEmulator.wallClock
  ) {
    self.keyPair = keyPair
    self.userName = userName
    self.now = now
    state = Mutex(State(script: script))
  }

  /// `CLOCK_REALTIME`, in epoch seconds.
  package static func wallClock() -> Double {
    Double(KernelClock.wall) / 1000
  }

  /// How many calls were well signed, and so went by the script.
  package var callCount: Int { state.withLock(\.calls) }

  /// Has `SignInUrl` lead to pages at an origin, such as `http://127.0.0.1:2777`.
  package func showPages(at origin: String) { state.withLock { $0.pages = origin } }

  /// Plays another script from the next call on.
  package func play(_ script: EmulatorScript) {
    state.withLock { state in
      state.script = script
      state.calls = 0
    }
  }

  /// Answers a request.
  ///
  /// The caller waits `latency` seconds before it hands the outcome on.
  package func answer(_ request: EmulatorRequest) -> (outcome: EmulatorOutcome, latency: Double) {
    let (script, call) = state.withLock { ($0.script, $0.calls) }
    let time = now() + script.clockOffset
    do throws(EmulatedError) {
      let instanceID = try operation(request)
      try SignatureCheck(keyPair: keyPair, now: time).verify(request)
      let step = state.withLock { state in
        state.calls += 1
        return state.script.steps.isEmpty ? .ok : state.script.steps[min(call, state.script.steps.count - 1)]
      }
      return (try outcome(of: step, instanceID: instanceID, script: script, time: time), script.latency)
    } catch {
      return (.response(error.response(time: time)), script.latency)
    }
  }

  /// The instance id of a `GetFederationToken` call.
  private func operation(_ request: EmulatorRequest) throws(EmulatedError) -> String {
    let segments = request.path.split(separator: "/", omittingEmptySubsequences: false)
    guard request.method == "GET", segments.count == 4, segments[0].isEmpty, segments[1] == "user",
      segments[2] == "federate"
    else { throw EmulatedError(404, "UnknownOperationException", "Only GetFederationToken is emulated.") }
    guard let id = try? PercentEncoding.decode(String(segments[3])), 1...100 ~= id.unicodeScalars.count else {
      throw EmulatedError(400, "InvalidParameterException", "InstanceId has 1 to 100 characters.")
    }
    return id
  }

  private func outcome(
    of step: EmulatorScript.Step, instanceID: String, script: EmulatorScript, time: Double
  ) throws(EmulatedError) -> EmulatorOutcome {
    switch step {
    case .ok: return .response(success(script.answer ?? token(instanceID, script, time), time))
    case .throttle:
      throw EmulatedError(429, "TooManyRequestsException", "Too many requests.", fields: [("Retry-After", "1")])
    case .fail: throw EmulatedError(500, "InternalServiceException", "Internal service error.")
    case .deny:
      throw EmulatedError(403, "AccessDeniedException", "Not authorized to perform connect:GetFederationToken.")
    case .missing: throw EmulatedError(404, "ResourceNotFoundException", "The instance does not exist.")
    case .nobody: throw EmulatedError(404, "UserNotFoundException", "No user with the given credentials found.")
    case .duplicate: throw EmulatedError(409, "DuplicateResourceException", "A resource with that name exists.")
    case .invalid: throw EmulatedError(400, "InvalidRequestException", "The request is not valid.")
    case .expired: throw EmulatedError(403, "ExpiredTokenException", "The security token is expired.")
    case .unavailable:
      return .response(
        EmulatorResponse(status: 503, time: time, mediaType: "text/html", body: Secret("<h1>503</h1>")))
    case .broken: return .response(success(Array(token(instanceID, script, time).prefix(60)), time))
    case .html: return .response(success(Array("<html>Sign in to the network</html>".utf8), time))
    case .empty: return .response(success(Array(#"{"Credentials":{},"UserId":"nobody"}"#.utf8), time))
    case .drop: return .drop
    }
  }

  private func token(_ instanceID: String, _ script: EmulatorScript, _ time: Double) -> [UInt8] {
    let serial = state.withLock { state in
      state.tokens += 1
      return state.tokens
    }
    return token(instanceID: instanceID, serial: serial).body(issuedAt: time, script, pages: state.withLock(\.pages))
  }

  func token(instanceID: String, serial: Int) -> EmulatedToken {
    EmulatedToken(instanceID: instanceID, userName: userName, serial: serial)
  }

  private func success(_ body: [UInt8], _ time: Double) -> EmulatorResponse {
    EmulatorResponse(status: 200, time: time, mediaType: "application/json", body: Secret(body))
  }
}
