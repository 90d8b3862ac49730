package import Configuration
internal import Dispatch
internal import JSON
internal import Logging
internal import Synchronization
package import System

/// Writes the audit log on a queue of its own: neither a slow disk nor a busy journal makes an answer wait that need not.
///
/// Records beyond `capacity` are lost and counted, as are those that cannot be written. Safe to use from any thread.
package final class AuditLog: Sendable {
  private enum Sink: Sendable {
    case file(AppendedFile)
    case journal(JournalSocket)
  }

  private struct Pending: Sendable {
    let record: AuditRecord
    /// Told whether the record is written.
    let continuation: CheckedContinuation<Bool, Never>?
  }

  private struct State: Sendable {
    var pending: [Pending] = []
    var isDraining = false
    /// Taken by the queue while it writes; `nil` while there is no audit log.
    var sink: Sink?
    var isFailing = false
    /// Whether there is an audit log.
    var isOn = false
  }

  /// Records that wait to be written: a quarter of a megabyte.
  private static let capacity = 512

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "fedbroker.audit")
  private let names: UserNames
  private let metrics: Metrics
  private let logger: Logger

  init(names: UserNames, metrics: Metrics, logger: Logger) {
    self.names = names
    self.metrics = metrics
    self.logger = logger
  }

  /// Opens a destination once, which makes its file; throws why that cannot be.
  package static func check(_ destination: Configuration.Audit.Destination) throws(SystemError) {
    guard case .file(let path) = destination else { return }
    var file = AppendedFile(path: path)
    try file.openWhereNeeded()
    file.close()
  }

  /// Writes to a destination from now on, opened anew; to none with `nil`.
  package func configure(_ destination: Configuration.Audit.Destination?) {
    state.withLock { $0.isOn = destination != nil }
    queue.async { [self] in
      switch state.withLock({ $0.sink.take() }) {
      case .file(var file): file.close()
      case .journal(var journal): journal.close()
      case nil: break
      }
      let sink: Sink? =
        switch destination {
        case .file(let path): .file(AppendedFile(path: path))
        case .journal: .journal(JournalSocket())
        case nil: nil
        }
      state.withLock { $0.sink = sink }
    }
  }

  /// Records something, soon, where there is an audit log; what there is no room for is lost and counted.
  package func record(_ record: AuditRecord) {
    guard state.withLock({ $0.isOn }) else { return }
    if !add(Pending(record: record, continuation: nil)) { metrics.countAudit(isLost: true) }
  }

  /// Records something, and returns whether it is written.
  func recordNow(_ record: AuditRecord) async -> Bool {
    await withCheckedContinuation { continuation in
      guard !add(Pending(record: record, continuation: continuation)) else { return }
      metrics.countAudit(isLost: true)
      continuation.resume(returning: false)
    }
  }

  /// Returns once all that was recorded before is written or lost.
  package func flush() async {
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  private func add(_ pending: Pending) -> Bool {
    let (isAdded, startsDraining) = state.withLock { state in
      guard state.pending.count < Self.capacity else { return (false, false) }
      state.pending.append(pending)
      defer { state.isDraining = true }
      return (true, !state.isDraining)
    }
    if startsDraining { queue.async { self.drain() } }
    return isAdded
  }

  private func drain() {
    while true {
      let (batch, taken) = state.withLock { state in
        defer { state.pending = [] }
        state.isDraining = !state.pending.isEmpty
        return (state.pending, state.pending.isEmpty ? nil : state.sink.take())
      }
      guard !batch.isEmpty else { return }
      var sink = taken
      for pending in batch {
        let isWritten = write(pending.record, to: &sink)
        metrics.countAudit(isLost: !isWritten)
        pending.continuation?.resume(returning: isWritten)
      }
      state.withLock { $0.sink = sink }
    }
  }

  private func write(_ record: AuditRecord, to sink: inout Sink?) -> Bool {
    let members = record.members { names.nameNow(of: $0) }
    let line = JSONValue.object(members).text
    do throws(SystemError) {
      switch sink {
      case .file(var file):
        // Put back even where it throws: it knows what it has open.
        defer { sink = .file(file) }
        try file.append(line)
      case .journal(var journal):
        defer { sink = .journal(journal) }
        try journal.send(Self.fields(members, line: String(decoding: line, as: UTF8.self)))
      case nil:
        return false
      }
      state.withLock { $0.isFailing = false }
      return true
    } catch {
      let isNew = state.withLock { state in
        defer { state.isFailing = true }
        return !state.isFailing
      }
      if isNew { logger.error("the audit log cannot be written", metadata: ["reason": "\(error)"]) }
      return false
    }
  }

  /// The entry of the journal: the line for people, and a field for each of its members.
  private static func fields(_ members: JSONObject, line: String) -> [(name: String, value: String)] {
    var fields = [("MESSAGE", line), ("PRIORITY", "6"), ("SYSLOG_IDENTIFIER", "fedbroker-audit")]
    for member in members.members {
      let value: String? =
        switch member.value {
        case .string(let text): text
        case .number(let text): text
        default: nil
        }
      if let value { fields.append(("FEDBROKER_\(member.name.uppercased())", value)) }
    }
    return fields
  }
}
