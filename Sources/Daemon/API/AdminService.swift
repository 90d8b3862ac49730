internal import HTTPTypes
internal import LocalHTTP
internal import TokenBroker

/// Answers on `--admin-listen`: whether the daemon lives and is ready, to anyone, since neither hides anything.
final class AdminService: RequestHandler {
  private let broker: Broker<TokenContent>
  private let directory: @Sendable () -> InstanceDirectory

  init(broker: Broker<TokenContent>, directory: @escaping @Sendable () -> InstanceDirectory) {
    self.broker = broker
    self.directory = directory
  }

  func answer(_ request: Request, from client: Client) -> Answer {
    do throws(Problem) {
      switch try Route(request) {
      case .health: return .now(Probe.health())
      case .readiness:
        return .now(try Probe.readiness(of: directory(), snapshots: broker.snapshot(), namesMissing: true))
      case .token, .refresh, .forget, .instances, .federate, .description, .desktop:
        throw .notFound("This listener serves /healthz and /readyz only.")
      }
    } catch {
      return .now(error.response(requestID: RequestID()))
    }
  }

  func refuse(_ refusal: Refusal, from client: Client) -> Response {
    Problem(refusal).response(requestID: RequestID())
  }
}
