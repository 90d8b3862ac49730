import HTTPTypes
import Logging
import Secrets
import Synchronization

@testable import LocalHTTP

/// A server on a socket of its own, and the handler that its tests steer.
struct LiveServer {
  let server: Server
  let address: ListenAddress
  let handler: StubHandler

  init(
    on address: ListenAddress = .tcp(host: "127.0.0.1", port: 0), limits: Limits = Limits(),
    handler: StubHandler = StubHandler()
  ) throws {
    let socket = try ListeningSocket.bind(to: address, hopLimit: 1)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    server = try Server(limits: limits, logger: logger)
    server.serve(socket, handler: handler)
    self.address = socket.boundAddress
    self.handler = handler
  }

  func shutdown(grace: Duration = .zero) async {
    await server.shutdown(grace: grace)
  }
}

/// Answers `/large`, `/held` and `/lasting` in their ways, and everything else with method, target, body and client.
final class StubHandler: RequestHandler {
  static let largeCount = 512 << 10

  /// Random, so that it has no gzip form.
  private static let large = Content(
    mediaType: "text/plain", bytes: Secret((0..<largeCount).map { _ in UInt8.random(in: 0...255) }))

  private let largeRequests = Atomic(0)
  /// How often `/large` was asked for.
  var largeRequestCount: Int { largeRequests.load(ordering: .relaxed) }

  /// Says how often `/held` was asked for.
  let heldRequests: AsyncStream<Void>
  private let heldRequest: AsyncStream<Void>.Continuation
  /// Says how each `/lasting` ended: whether it was cancelled.
  let lastingEnds: AsyncStream<Bool>
  private let lastingEnd: AsyncStream<Bool>.Continuation
  /// Ends the wait of one `/held` or `/lasting` each.
  private let releases: AsyncStream<Void>
  private let releaseNext: AsyncStream<Void>.Continuation

  init() {
    (heldRequests, heldRequest) = AsyncStream.makeStream()
    (lastingEnds, lastingEnd) = AsyncStream.makeStream()
    (releases, releaseNext) = AsyncStream.makeStream()
  }

  func release() { releaseNext.yield() }

  func answer(_ request: Request, from client: Client) -> Answer {
    switch request.path {
    case "/large":
      largeRequests.add(1, ordering: .relaxed)
      return .now(Response(status: .ok, content: Self.large))
    case "/held":
      heldRequest.yield()
      return .later { [releases] in
        for await _ in releases { break }
        return Response(status: .ok, content: Content(mediaType: "text/plain", bytes: Secret("released")))
      }
    case "/uid":
      let text = "uid \(client.uid.map(String.init) ?? "none") pid \(client.pid.map(String.init) ?? "none")"
      return .now(Response(status: .ok, content: Content(mediaType: "text/plain", bytes: Secret(text))))
    case "/lasting":
      heldRequest.yield()
      return .lasting { [releases, lastingEnd] in
        for await _ in releases { break }
        lastingEnd.yield(Task.isCancelled)
        return Response(status: .ok, content: Content(mediaType: "text/plain", bytes: Secret("released")))
      }
    default:
      let text = "\(Self.words(for: request)) \(client.transport)"
      return .now(Response(status: .ok, content: Content(mediaType: "text/plain", bytes: Secret(text))))
    }
  }

  static func words(for request: Request) -> String {
    let query = request.query.map { "?\($0)" } ?? ""
    return "\(request.method.rawValue) \(request.path)\(query) \(String(decoding: request.body, as: UTF8.self))"
  }

  func refuse(_ refusal: Refusal, from client: Client) -> Response {
    Response(status: refusal.status, content: Content(mediaType: "text/plain", bytes: Secret("\(refusal)")))
  }
}
