internal import JSON
internal import System

/// The answer of `GET /v1/instances` for a terminal.
package struct StatusTable: CustomStringConvertible {
  package let description: String
  /// The daemon's answer as it was, for programs.
  package let json: String

  init(_ answer: JSONValue) {
    json = Self.escaped(String(decoding: answer.text, as: UTF8.self)) + "\n"
    let titles = ["INSTANCE", "STATE", "EXPIRES IN", "LAST REFRESH", "LAST ERROR"]
    let rows = [titles] + (answer["instances"]?.array ?? []).map(Self.cells)
    let widths = titles.indices.map { column in rows.map { $0[column].unicodeScalars.count }.max() ?? 0 }
    description = rows.map { row in
      let padded = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.unicodeScalars.count)
      }
      return padded.joined(separator: "  ").trimmingEnd() + "\n"
    }.joined()
  }

  private static func cells(_ instance: JSONValue) -> [String] {
    let name = instance["alias"]?.string ?? instance["id"]?.string ?? "?"
    let error = instance["last_error"]
    return [
      name + (instance["session_name"]?.string.map { ", \($0)" } ?? ""),
      instance["state"]?.string ?? "?",
      remaining(instance["expires_in"]),
      instance["last_refresh"]?.string ?? "never",
      error?["code"]?.string.map { "\($0): \(error?["detail"]?.string ?? "")" } ?? "none",
    ].map(\.masked)
  }

  /// Returns a JSON text with no character that a terminal may act on; only its strings can hold some.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      guard scalar.isControl else { return escaped.unicodeScalars.append(scalar) }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
  }

  /// Such as `1h 02m 03s`.
  private static func remaining(_ value: JSONValue?) -> String {
    guard case .number(let text) = value, let seconds = Int(text) else { return "-" }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    if hours > 0 { return "\(hours)h \(two(minutes))m \(two(seconds % 60))s" }
    return minutes > 0 ? "\(minutes)m \(two(seconds % 60))s" : "\(seconds)s"
  }

}

extension String {
  fileprivate func trimmingEnd() -> Substring {
    self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)]
  }
}
