/// A counter with one series for each combination of label values that is known beforehand.
///
/// All series exist from the start, so that a rate can be told from the first event on. Safe to use from any thread.
package final class CounterFamily: Sendable {
  private let name: String
  private let help: String
  private let labels: [String]
  private let series: [[String]]
  private let isShownAtZero: @Sendable (_ series: Int) -> Bool
  private let table: CounterTable

  /// - Parameters:
  ///   - name: ends in `_total`.
  ///   - help: a sentence.
  ///   - labels: the names of the labels.
  ///   - series: the values of the labels, as many as there are labels, for each series.
  ///   - isShownAtZero: whether a series is written before it counted anything: false for what is not expected.
  package init(
    _ name: String, _ help: String, labels: [String], series: [[String]],
    isShownAtZero: @escaping @Sendable (_ series: Int) -> Bool = { _ in true }
  ) {
    self.name = name
    self.help = help
    self.labels = labels
    self.series = series
    self.isShownAtZero = isShownAtZero
    table = CounterTable(count: series.count)
  }

  /// - Parameter series: its position among those given to `init`.
  package func increment(_ series: Int) {
    table.add(1, at: series)
  }

  package func write(to text: inout MetricsText) {
    text.begin(name, .counter, help)
    for (index, values) in series.enumerated() {
      let value = table.value(at: index)
      guard value > 0 || isShownAtZero(index) else { continue }
      text.sample(name, zip(labels, values).map { ($0, $1) }, value)
    }
  }
}
