package import LocalHTTP

/// Answers on `--admin-listen`: the routes that the table marks for it, to anyone, since none of them hides anything.
package final class AdminService: RequestHandler {
  private let service: Service

  package init(_ service: Service) {
    self.service = service
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    service.observer.observe(client) { exchange in
      do throws(Problem) {
        let match = RouteTable.admin.match(request)
        guard match.resource != nil else { throw Self.notServed }
        return try service.answer(request, match, rights: .everything, service.currentState, &exchange)
      } catch {
        return .now(error.response(requestID: exchange.id))
      }
    }
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    service.observer.refused(with: refusal.status)
    return Problem(refusal).response(requestID: RequestID())
  }

  private static let notServed = Problem.notFound(
    "This listener serves \(RouteTable.admin.resources.map(\.pattern).joined(separator: ", ")) only.")
}
