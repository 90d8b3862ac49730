import Glibc
import Logging
import Testing

@testable import Telemetry

struct LogFormatTests {
  private let time: Int64 = 1_795_536_000_250  // 2026-11-24T16:00:00.250Z

  @Test(
    "An event is one line in each format",
    arguments: [
      (LogFormat.text, #"2026-11-24T16:00:00.250Z warning: refresh failed instance=demo reason="no route""#),
      (
        .terminal,
        "2026-11-24T16:00:00.250Z \u{1B}[33mwarning\u{1B}[0m: refresh failed instance=demo reason=\"no route\""
      ),
      (.journal, #"<4>refresh failed instance=demo reason="no route""#),
      (
        .json,
        #"{"time":"2026-11-24T16:00:00.250Z","level":"warning","message":"refresh failed","instance":"demo","reason":"no route"}"#
      ),
    ])
  func lines(format: LogFormat, expected: String) {
    let line = format.line(
      time: time, level: .warning, message: "refresh failed",
      metadata: [("instance", "demo"), ("reason", "no route")])
    #expect(String(decoding: line, as: UTF8.self) == expected + "\n")
  }

  @Test("Nothing in an event begins a line of its own", arguments: LogFormat.allCases)
  func injection(format: LogFormat) {
    let line = format.line(
      time: time, level: .info, message: "a\nforged: line\r", metadata: [("path", "x\n<0>forged \u{1B}[2J\"")])
    #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    #expect(line.last == UInt8(ascii: "\n"))
    // A terminal gets our own colour, and back from it.
    #expect(line.count { $0 == 0x1B } == (format == .terminal ? 2 : 0))
    #expect(!line.contains(UInt8(ascii: "\r")))
  }

  @Test(
    "Times are written in UTC",
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_827_696_007, "2000-02-29T12:34:56.007Z"),
      (Int64.max, "9999-12-31T23:59:59.807Z"),
    ])
  func timestamps(milliseconds: Int64, expected: String) {
    #expect(Timestamp.rfc3339(milliseconds: milliseconds) == expected)
  }

  @Test("Only the stream that is standard error is the journal's")
  func journalDetection() {
    var status = stat()
    fstat(STDERR_FILENO, &status)
    let own = "\(status.st_dev):\(status.st_ino)"
    #expect(LogFormat.text.adaptedToJournal(journalStream: own) == .journal)
    #expect(LogFormat.text.adaptedToJournal(journalStream: "1:2") == .text)
    #expect(LogFormat.text.adaptedToJournal(journalStream: nil) == .text)
    #expect(LogFormat.json.adaptedToJournal(journalStream: own) == .json)
  }
}
