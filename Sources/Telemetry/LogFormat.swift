internal import JSON
internal import Logging
internal import System
internal import Timestamps

/// How a log event becomes one line.
package enum LogFormat: String, Sendable, CaseIterable {
  /// `2026-11-24T16:00:00.250Z info: fetched a token instance=demo`
  case text
  /// The same, with the level in colour.
  case terminal
  /// One JSON object a line.
  case json
  /// For the journal, which keeps the time itself: the priority as in sd-daemon(3), `<6>fetched a token instance=demo`.
  case journal

  /// The line of an event, with its line feed.
  ///
  /// Nothing that the event holds can begin a second line: control characters are escaped.
  ///
  /// - Parameter time: epoch milliseconds.
  func line(
    time: Int64, level: Logger.Level, message: String, metadata: [(name: String, value: String)]
  ) -> [UInt8] {
    var line: [UInt8] = []
    switch self {
    case .text, .terminal:
      line += Timestamp.rfc3339(milliseconds: time).utf8
      line += self == .terminal ? " \u{1B}[\(level.colour)m\(level)\u{1B}[0m: ".utf8 : " \(level): ".utf8
      line += plainText(message, metadata)
    case .journal:
      line += "<\(level.syslogPriority)>".utf8
      line += plainText(message, metadata)
    case .json:
      var object: JSONObject = [
        "time": .string(Timestamp.rfc3339(milliseconds: time)), "level": .string("\(level)"),
        "message": .string(message),
      ]
      for (name, value) in metadata { object[name] = .string(value) }
      line.appendJSON(.object(object))
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private func plainText(_ message: String, _ metadata: [(name: String, value: String)]) -> [UInt8] {
    var text = Array(message.masked.utf8)
    for (name, value) in metadata {
      text += " \(name)=".utf8
      let isBare = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 < 0x7F }
      if isBare { text += value.utf8 } else { text.appendJSON(string: value.maskedBeyondASCII) }
    }
    return text
  }
}

extension Logger.Level {
  /// The parameter of `SGR` (ECMA-48 §8.3.117).
  fileprivate var colour: Int {
    switch self {
    case .critical, .error: 31
    case .warning: 33
    case .notice: 32
    case .info: 36
    case .debug, .trace: 90
    }
  }

  /// The severity of RFC 5424 §6.2.1.
  fileprivate var syslogPriority: Int {
    switch self {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}
