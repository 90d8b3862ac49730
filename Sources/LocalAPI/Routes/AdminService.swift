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
        answer = try service.answer(request, Self.match(request), rights: .everything, state, &exchange)
      } catch {
        answer = .refused(error.response(requestID: exchange.id))
      }
      guard let signature = service.signature(of: request, state) else { return answer }
      return answer.proven(request, signature, by: state.tokens)
    }
  }

  package func admit(_ request: Request, from client: Client) -> Admission {
    var use = BodyUse(isOpen: true)
    let refusal = service.observer.observeRefusal(client) { exchange in
      do throws(Problem) {
        use.keptBytes = try Self.match(request).entry(for: request.method, .everything).route.keptBodyBytes
        return nil
      } catch {
        return error.response(requestID: exchange.id)
      }
    }
    return refusal.map { .refused($0) } ?? .granted(use)
  }

  private static func match(_ request: Request) throws(Problem) -> RouteTable.Match {
    let match = RouteTable.admin.match(request)
    guard match.resource != nil else { throw notServed }
    return match
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    service.observer.refused(with: refusal.status)
    return Problem(refusal).response(requestID: RequestID())
  }

  private static let notServed = Problem.notFound(
    "This listener serves \(RouteTable.admin.resources.map(\.pattern).joined(separator: ", ")) only.")
}
