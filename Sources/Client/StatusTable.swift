internal import JSON
internal import System

/// The answer of `GET /v1/instances` for a terminal.
package struct StatusTable: Sendable {
  private let rows: [[Cell]]
  /// Says what it means that there are no rows; `nil` where there are some.
  private let explanation: String?
  /// Says that it is locked, and what unlocks; `nil` while it is not.
  private let lock: String?
  /// The daemon's answer as it was, for programs.
  package let json: String

  init(_ answer: JSONValue) {
    json = Self.escaped(String(decoding: answer.text, as: UTF8.self)) + "\n"
    let instances = answer["instances"]?.array
    rows = [Self.titles.map { Cell(text: $0) }] + (instances ?? []).map(Self.cells)
    lock = answer["lock"]?["remedy"]?.string.map { remedy in
      "Locked since \(answer["lock"]?["since"]?.string ?? "?"): no token is given or fetched. \(remedy)".masked + "\n\n"
    }
    explanation = instances?.isEmpty == true ? Self.nothing : nil
  }

  /// The names of the instances, to choose from.
  package var names: [String] { rows.dropFirst().compactMap(\.first?.text) }

  private static let titles = ["INSTANCE", "USER", "STATE", "EXPIRES IN", "LAST REFRESH", "LAST ERROR"]

  private static let nothing = """
    The daemon answers, and holds no token yet: it serves any instance, each when it is first asked for.
    To keep one warm, list it in the configuration (instance_id, or a table of [instances]).

    """

  /// Returns the table as text.
  package func text(isColored: Bool) -> String {
    let notice = lock.map { isColored ? "\u{1B}[\(Color.red.rawValue)m\($0)\u{1B}[0m" : $0 } ?? ""
    if let explanation { return notice + explanation }
    let widths = Self.titles.indices.map { column in rows.map { $0[column].width }.max() ?? 0 }
    return notice
      + rows.map { row in
        let cells = zip(row, widths).map { cell, width in
          cell.text(isColored: isColored) + String(repeating: " ", count: width - cell.width)
        }
        return cells.joined(separator: "  ").trimmingEnd() + "\n"
      }.joined()
  }

  private struct Cell: Sendable {
    let text: String
    var color: Color?

    var width: Int { text.unicodeScalars.count }

    func text(isColored: Bool) -> String {
      guard isColored, let color else { return text }
      return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    }
  }

  /// The numbers of ECMA-48's SGR.
  private enum Color: Int, Sendable {
    case red = 31
    case green = 32
    case yellow = 33
  }

  private static func cells(_ instance: JSONValue) -> [Cell] {
    let state = instance["state"]?.string ?? "?"
    let error = instance["last_error"]
    let code = error?["code"]?.string.map { "\($0): \(error?["detail"]?.string ?? "")" }
    let color: Color? =
      switch state {
      case "live", "refreshing": .green
      case "fetching": .yellow
      default: instance["warm"] == .boolean(true) ? .red : nil
      }
    return [
      Cell(text: (instance["alias"]?.string ?? instance["id"]?.string ?? "?").masked),
      Cell(text: user(of: instance).masked), Cell(text: state.masked, color: color),
      Cell(text: remaining(instance["expires_in"])), Cell(text: (instance["last_refresh"]?.string ?? "never").masked),
      Cell(text: (code ?? "none").masked, color: code == nil ? nil : .red),
    ]
  }

  /// Returns the Amazon Connect user: the session name where it is known, else the agent's id.
  private static func user(of instance: JSONValue) -> String {
    instance["session_name"]?.string
      ?? instance["user_arn"]?.string.flatMap { $0.split(separator: "/").last.map(String.init) } ?? "-"
  }

  /// Returns a JSON text with no character that a terminal may act on; only its strings can hold some.
  static func escaped(_ text: String) -> String {
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
