internal import Clocks
internal import Glibc
package import Logging

/// Writes each event as one line to `writer`, as `output` says at that moment.
package struct FormattedLogHandler: LogHandler {
  private let output: LogOutput
  private let writer: LogWriter
  /// Keeps the lines besides; `nil` for nowhere.
  private let tail: LogTail?
  /// Of this logger alone, where somebody set it.
  private var ownLevel: Logger.Level?
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?

  package init(
    output: LogOutput, writer: LogWriter, tail: LogTail? = nil, metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.output = output
    self.writer = writer
    self.tail = tail
    self.metadataProvider = metadataProvider
  }

  package var logLevel: Logger.Level {
    get { ownLevel ?? output.level }
    set { ownLevel = newValue }
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    let members = all.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
    let message = event.message.description
    let (isAdmitted, omitted) = output.admits(RepeatFilter.Line(event.level, message, members))
    for (line, count) in omitted {
      write(line.level, "left out because it was said too often: \(line.message)", [("lines", "\(count)")])
    }
    if isAdmitted { write(event.level, message, members) }
  }

  private func write(_ level: Logger.Level, _ message: String, _ metadata: [(name: String, value: String)]) {
    let (format, time) = (output.format, KernelClock.wall)
    let line = format.line(time: time, level: level, message: message, metadata: metadata)
    writer.write(line)
    // With a time, whatever the log's own form.
    tail?.append(
      format == .text ? line : LogFormat.text.line(time: time, level: level, message: message, metadata: metadata))
  }
}

extension LogFormat {
  /// `.terminal` where standard error is one and nobody asked for no colours (https://no-color.org).
  package func adaptedToTerminal(_ environment: [String: String]) -> LogFormat {
    let isPlain = environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
    return self == .text && !isPlain && isatty(STDERR_FILENO) == 1 ? .terminal : self
  }

  /// `.journal` where standard error is the journal's own stream, as systemd tells in `$JOURNAL_STREAM` (systemd.exec(5)).
  package func adaptedToJournal(journalStream: String?) -> LogFormat {
    var status = stat()
    guard self == .text, let journalStream, unsafe fstat(STDERR_FILENO, &status) == 0,
      journalStream == "\(status.st_dev):\(status.st_ino)"
    else { return self }
    return .journal
  }
}
