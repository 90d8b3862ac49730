package import LocalHTTP

/// Answers on `--admin-listen`: the routes that the table marks for it, to anyone, since none of them hides anything.
package final class AdminService: RequestHandler {
  private let service: Service

  package init(_ service: Service) {
    self.service = service
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    service.observer.observe(client) { exchange in
      let state = service.currentState
      let answer: Answer
      do throws(Problem) {
        let match = RouteTable.admin.match(request)
        guard match.resource != nil else { throw Self.notServed }
        answer = try service.answer(request, match, rights: .everything, state, &exchange)
      } catch {
        answer = .now(error.response(requestID: exchange.id))
      }
      guard let signature = service.signature(of: request, state) else { return answer }
      return answer.proven(request, signature, by: state.tokens)
    }
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    service.observer.refused(with: refusal.status)
    return Problem(refusal).response(requestID: RequestID())
  }

  private static let notServed = Problem.notFound(
    "This listener serves \(RouteTable.admin.resources.map(\.pattern).joined(separator: ", ")) only.")
}
