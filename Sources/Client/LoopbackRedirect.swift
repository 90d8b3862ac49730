internal import AWS
internal import Clocks
internal import HTTPTypes
internal import LocalHTTP
internal import Logging
internal import Secrets
internal import Synchronization
internal import System

/// Leads the browser of this user to a sign-in, and waits on a loopback address until it comes back (RFC 8252 §7.3).
///
/// The kernel says whose browser it is: nobody else learns where it is led, and nobody else's code is taken.
final class LoopbackRedirect: Sendable {
  private let server: Server
  private let visits: Visits
  private let answers: AsyncStream<AuthorizationRequest.Answer>
  let port: Int

  init(uid: UInt32) throws(CommandError) {
    let (answers, continuation) = AsyncStream<AuthorizationRequest.Answer>.makeStream()
    self.answers = answers
    visits = Visits(uid: uid, answers: continuation)
    do {
      let socket = try ListeningSocket.bind(to: .tcp(host: "127.0.0.1", port: 0))
      guard case .tcp(_, let port) = socket.boundAddress else { throw CommandError("no loopback address is free") }
      self.port = Int(port)
      server = try Server(logger: Logger(label: "redirect") { _ in SwiftLogNoOpLogHandler() })
      server.serve(socket, handler: visits)
    } catch let error as CommandError {
      throw error
    } catch {
      throw CommandError("no address for the browser to come back to: \(error)")
    }
  }

  /// The address that leads the browser to the sign-in; there is nothing secret in it.
  var address: String { "http://127.0.0.1:\(port)/" }

  /// Leads browsers to a sign-in from now on.
  func lead(to request: AuthorizationRequest) { visits.lead(to: request) }

  /// Returns what the browser brought back; `nil` where it did not come within `milliseconds`.
  func answer(within milliseconds: Int64, _ clock: any MomentClock) async -> AuthorizationRequest.Answer? {
    let visits = visits
    let alarm = Task(executorPreference: TaskPool.shared) {
      try? await clock.pause(milliseconds)
      visits.end()
    }
    defer { alarm.cancel() }
    for await answer in answers { return answer }
    return nil
  }

  /// Lets the browser have its last page, and serves no more.
  func close() async { await server.shutdown(grace: .seconds(2)) }
}

/// Answers the browser.
private final class Visits: RequestHandler {
  private let uid: UInt32
  private let answers: AsyncStream<AuthorizationRequest.Answer>.Continuation
  private let request = Mutex<AuthorizationRequest?>(nil)

  init(uid: UInt32, answers: AsyncStream<AuthorizationRequest.Answer>.Continuation) {
    self.uid = uid
    self.answers = answers
  }

  func lead(to request: AuthorizationRequest) { self.request.withLock { $0 = request } }

  func end() { answers.finish() }

  func answer(_ request: Request, from client: Client) -> Answer {
    guard request.method == .get, request.authority?.hasPrefix("127.0.0.1:") == true else {
      return .refused(Self.page(.forbidden, "This address is for one sign-in to AWS."))
    }
    guard client.uid == uid else {
      return .refused(Self.page(.forbidden, "This address is for the browser of another user."))
    }
    guard let expected = self.request.withLock({ $0 }) else {
      return .refused(Self.page(.notFound, "The sign-in has not begun."))
    }
    switch request.path {
    case "/":
      var fields: HTTPFields = [.location: expected.url.exposed, .cacheControl: "no-store"]
      if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "no-referrer" }
      return .now(Response(status: .found, fields: fields))
    case AuthorizationRequest.redirectPath:
      guard let query = try? request.queryItems() else { return .refused(Self.foreign) }
      let answer = expected.answer(query)
      switch answer {
      case .foreign: return .refused(Self.foreign)
      case .code:
        answers.yield(answer)
        return .now(Self.page(.ok, "You are signed in to AWS, or will be in a moment. You can close this tab."))
      case .refused:
        answers.yield(answer)
        return .now(Self.page(.ok, "You are not signed in. The terminal says why. You can close this tab."))
      }
    default: return .refused(Self.page(.notFound, "There is nothing at this address."))
    }
  }

  func refuse(_ refusal: Refusal, from client: Client) -> Response {
    Self.page(refusal.status, "The browser's request was not understood.")
  }

  private static let foreign = page(
    .badRequest, "This is not the answer to the sign-in that is under way. Nothing was changed.")

  private static func page(_ status: HTTPResponse.Status, _ text: String) -> Response {
    let html = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <meta name="color-scheme" content="light dark"><title>fedbroker login</title></head>
      <body><main><h1>fedbroker login</h1><p>\(text)</p></main></body></html>

      """
    var fields: HTTPFields = [
      .contentSecurityPolicy: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ]
    // The address has the code in it.
    if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "no-referrer" }
    return Response(
      status: status, fields: fields,
      content: Content(mediaType: "text/html; charset=utf-8", bytes: Secret(html)))
  }
}
