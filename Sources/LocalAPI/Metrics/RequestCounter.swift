internal import Telemetry

/// `fedbroker_requests_total`.
struct RequestCounter: Sendable {
  private let family = CounterFamily(
    "fedbroker_requests_total", "Requests answered, by what they asked for and by status.",
    labels: ["route", "status"],
    series: Route.Name.allCases.flatMap { route in statuses.map { ["\(route)", "\($0)"] } + [["\(route)", "other"]] },
    isShownAtZero: { series in
      let (row, column) = series.quotientAndRemainder(dividingBy: columns)
      return column < statuses.count && Route.Name.allCases[row].expectedStatuses.contains(statuses[column])
    })

  func increment(_ route: Route.Name, status: Int) {
    let column = Self.statuses.firstIndex(of: status) ?? Self.statuses.count
    family.increment(route.rawValue * Self.columns + column)
  }

  func write(to text: inout MetricsText) {
    family.write(to: &text)
  }

  /// All that the daemon answers; the most frequent ones are found first.
  private static let statuses = [
    200, 201, 204, 401, 404, 403, 502, 503, 504, 429, 400, 405, 408, 409, 413, 414, 417, 431, 500, 501, 505,
  ]
  private static let columns = statuses.count + 1
}

extension Route.Name {
  /// The statuses whose series exist before the first such answer.
  fileprivate var expectedStatuses: [Int] {
    switch self {
    case .none: [400, 401, 403, 404, 405, 408, 413, 414, 431, 503]
    case .token, .refresh: [200, 400, 404, 409, 429, 502, 503, 504]
    case .federate: [200, 400, 403, 404, 409, 429, 500, 502, 503, 504]
    case .forget: [204, 404]
    case .instances, .healthz, .metrics, .openapi: [200]
    case .signIn: [200, 201, 403, 404]
    case .statusPage: [200, 201, 403]
    case .readyz: [200, 503]
    }
  }
}
