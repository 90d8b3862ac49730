internal import Telemetry

/// `fedbroker_requests_total`: a row of series for each label of the route table, a column for each status.
struct RequestCounter: Sendable {
  private let family: CounterFamily

  init() {
    let rows = RouteTable.labels.map { label in
      label == RouteTable.labels[0]
        ? Self.errorsWithoutRoute
        : Route.all.filter { $0.label == label }.flatMap { $0.answers.map(\.key) + $0.expectedErrors }
    }
    family = CounterFamily(
      "fedbroker_requests_total", "Requests answered, by route and by status.", labels: ["route", "status"],
      series: RouteTable.labels.flatMap { label in Self.statuses.map { [label, "\($0)"] } + [[label, "other"]] },
      isShownAtZero: { series in
        let (row, column) = series.quotientAndRemainder(dividingBy: Self.columns)
        return column < Self.statuses.count && rows[row].contains(Self.statuses[column])
      })
  }

  /// - Parameter row: The position of the route's label in `RouteTable.labels`.
  func increment(row: Int, status: Int) {
    let column = Self.statuses.firstIndex(of: status) ?? Self.statuses.count
    family.increment(row * Self.columns + column)
  }

  func write(to text: inout MetricsText) {
    family.write(to: &text)
  }

  /// All statuses of the daemon, the most frequent ones first.
  private static let statuses = [
    200, 201, 204, 401, 404, 403, 502, 503, 504, 429, 400, 405, 408, 409, 413, 414, 417, 431, 500, 501, 505,
  ]
  private static let columns = statuses.count + 1
  private static let errorsWithoutRoute = [400, 401, 403, 404, 405, 408, 413, 414, 431, 503]
}
