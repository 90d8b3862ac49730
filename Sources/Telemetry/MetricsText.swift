/// Metrics in Prometheus' text format 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/.
package struct MetricsText {
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  package enum MetricType: String {
    case counter
    case gauge
    case histogram
  }

  package private(set) var text = ""

  package init() {}

  /// Begins a metric, whose samples follow.
  package mutating func begin(_ name: String, _ type: MetricType, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type.rawValue)\n"
  }

  package mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: some Numeric) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// A metric of one sample.
  package mutating func metric(_ name: String, _ type: MetricType, _ help: String, _ value: some Numeric) {
    begin(name, type, help)
    sample(name, [], value)
  }

  /// A label can hold anything, but these three would end it or its line.
  private static func escaped(_ value: String) -> String {
    var escaped = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": escaped += #"\\"#
      case "\"": escaped += #"\""#
      case "\n": escaped += #"\n"#
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
