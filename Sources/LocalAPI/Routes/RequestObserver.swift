internal import Clocks
internal import HTTPTypes
internal import LocalHTTP
internal import Logging
internal import Telemetry

/// Counts each request, and logs it at debug level.
struct RequestObserver: Sendable {
  let metrics: Metrics
  let logger: Logger

  /// Follows a request from its arrival until it is answered.
  ///
  /// What has to wait runs as that request's own task: whatever it causes is logged under the request's id.
  func observe(_ client: Client, _ answer: (inout Exchange) -> Answer) -> Answer {
    var exchange = Exchange(client: client)
    switch answer(&exchange) {
    case .now(let response):
      finish(&exchange, response.status)
      return .now(response)
    case .refused(let response):
      finish(&exchange, response.status)
      return .refused(response)
    case .later(let work): return .later(observed(work, &exchange, isTimed: true))
    // How long a client chose to wait says nothing of the daemon.
    case .lasting(let work): return .lasting(observed(work, &exchange, isTimed: false))
    case .abort:
      return .abort
    }
  }

  /// Follows a request that `admit` may refuse; one that it does not refuse is observed when it is answered.
  func observeRefusal(_ client: Client, _ refuse: (inout Exchange) -> Response?) -> Response? {
    var exchange = Exchange(client: client)
    guard let response = refuse(&exchange) else { return nil }
    finish(&exchange, response.status)
    return response
  }

  private func observed(
    _ work: @escaping @Sendable () async -> Response, _ exchange: inout Exchange, isTimed: Bool
  ) -> @Sendable () async -> Response {
    let id = exchange.id
    return { [exchange] in
      let response = await RequestID.$current.withValue(id) { await work() }
      var exchange = exchange
      finish(&exchange, response.status, isTimed: isTimed)
      return response
    }
  }

  /// Counts what the server refused before it was a request.
  func refused(with status: HTTPResponse.Status) {
    metrics.requests.increment(row: 0, status: status.code)
  }

  private func finish(_ exchange: inout Exchange, _ status: HTTPResponse.Status, isTimed: Bool = true) {
    let duration = KernelClock.monotonicNanoseconds - exchange.arrival
    metrics.requests.increment(row: exchange.row, status: status.code)
    if isTimed { metrics.requestDuration.observe(nanoseconds: duration) }
    guard logger.logLevel <= .debug else { return }
    logger.debug(
      "request",
      metadata: [
        "request_id": "\(exchange.id)", "route": "\(RouteTable.labels[exchange.row])", "status": "\(status.code)",
        "duration": "\(duration / 1000)us", "client": "\(exchange.client.address)",
      ])
  }
}
