internal import HTTPTypes
package import LocalHTTP
package import Logging
internal import TokenBroker

/// Answers on `--admin-listen`, to anyone, since none of it hides anything: whether the daemon lives and is ready, and
/// its metrics.
package final class AdminService: RequestHandler {
  private let metricsPage: MetricsPage
  private let directory: @Sendable () -> InstanceDirectory
  private let observer: RequestObserver

  package init(metricsPage: MetricsPage, logger: Logger, directory: @escaping @Sendable () -> InstanceDirectory) {
    self.metricsPage = metricsPage
    self.directory = directory
    observer = RequestObserver(metrics: metricsPage.metrics, logger: logger)
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    observer.observe(client) { answer(request, &$0) }
  }

  private func answer(_ request: Request, _ exchange: inout Exchange) -> Answer {
    do throws(Problem) {
      let route = try Route(request)
      exchange.route = route.name
      switch route {
      case .health: return .now(Probe.health())
      case .readiness:
        return .now(
          try Probe.readiness(of: directory(), snapshots: metricsPage.broker.snapshot(), namesMissing: true))
      case .metrics:
        return .later { [metricsPage, directory] in metricsPage.response(directory()) }
      case .token, .refresh, .forget, .instances, .federate, .description, .desktop:
        throw .notFound("This listener serves /healthz, /readyz and /metrics only.")
      }
    } catch {
      return .now(error.response(requestID: exchange.id))
    }
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    observer.refused(with: refusal.status)
    return Problem(refusal).response(requestID: RequestID())
  }
}
