/// How long something took, in buckets.
///
/// Safe to use from any thread.
package final class DurationHistogram: Sendable {
  private let name: String
  private let help: String
  /// Nanoseconds, rising; one more bucket holds what is above.
  private let bounds: [Int]
  /// A cell for each bucket, and the sum of all durations after them.
  private let table: CounterTable

  /// - Parameters:
  ///   - name: ends in `_seconds`.
  ///   - help: a sentence.
  ///   - microseconds: the upper bounds of the buckets, rising.
  package init(_ name: String, _ help: String, microseconds: [Int]) {
    self.name = name
    self.help = help
    bounds = microseconds.map { $0 * 1000 }
    table = CounterTable(count: bounds.count + 2)
  }

  package func observe(nanoseconds: Int) {
    var bucket = 0
    while bucket < bounds.count, nanoseconds > bounds[bucket] { bucket += 1 }
    table.add(1, at: bucket)
    table.add(nanoseconds, at: bounds.count + 1)
  }

  package func write(to text: inout MetricsText) {
    text.begin(name, .histogram, help)
    var count = 0
    for (index, bound) in bounds.enumerated() {
      count += table.value(at: index)
      text.sample("\(name)_bucket", [("le", "\(Double(bound) / 1e9)")], count)
    }
    count += table.value(at: bounds.count)
    text.sample("\(name)_bucket", [("le", "+Inf")], count)
    text.sample("\(name)_sum", [], Double(table.value(at: bounds.count + 1)) / 1e9)
    text.sample("\(name)_count", [], count)
  }
}
