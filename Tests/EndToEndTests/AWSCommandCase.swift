import JSON
import TestSupport

/// A command line of `Tests/oracle/cli.jsonl`, and what the AWS CLI did with it.
struct AWSCommandCase: Sendable {
  struct Outcome: Sendable {
    var status: Int32
    /// `nil` where any will do.
    var output: String?
    /// The last line of standard error.
    var lastLine: String
  }

  let name: String
  let arguments: [String]
  /// The name of the emulator that is asked.
  let emulator: String
  let environment: [String: String]
  /// By their path in the home directory.
  let files: [String: String]
  /// What `fedbroker get-federation-token` is to do without a daemon: what the AWS CLI does, unless the table gives a
  /// reason for another outcome.
  let expected: Outcome
  /// The same beside a daemon.
  let expectedWithDaemon: Outcome

  /// The environment of every case, and the emulators.
  struct Setting: Sendable {
    let environment: [String: String]
    let emulators: [String: (script: String, answer: String?)]
  }

  static let table: (setting: Setting, cases: [AWSCommandCase]) = {
    let rows = (try? Oracle.rows("cli.jsonl")) ?? []
    guard let first = rows.first else { return (Setting(environment: [:], emulators: [:]), []) }
    let setting = Setting(
      environment: first["environment"].texts,
      emulators: first["emulators"].members.mapValues { ($0["script"]?.string ?? "", $0["answer"]?.string) })
    return (setting, rows.dropFirst().map { AWSCommandCase($0, setting) })
  }()

  private init(_ row: JSONValue, _ setting: Setting) {
    name = row["name"]?.string ?? ""
    arguments = (row["arguments"]?.array ?? []).compactMap(\.string)
    emulator = row["emulator"]?.string ?? "ok"
    let changes = row["environment"].members
    environment = setting.environment.filter { changes[$0.key] == nil }
      .merging(changes.compactMapValues(\.string)) { $1 }
    files = row["files"].texts
    expected = Outcome(row["difference"] ?? row)
    expectedWithDaemon = row["daemon"].map(Outcome.init) ?? expected
  }
}

extension AWSCommandCase.Outcome {
  init(_ value: JSONValue) {
    status = value["status"].flatMap { if case .number(let text) = $0 { Int32(text) } else { nil } } ?? -1
    output = value["output"]?.string
    lastLine = value["lastLine"]?.string ?? Self.lastLine(of: value["error"]?.string ?? "")
  }

  static func lastLine(of text: String) -> String {
    text.split(separator: "\n").last.map(String.init) ?? ""
  }
}

extension JSONValue? {
  fileprivate var members: [String: JSONValue] {
    guard case .object(let object) = self else { return [:] }
    return Dictionary(uniqueKeysWithValues: object.members.map { ($0.name, $0.value) })
  }

  fileprivate var texts: [String: String] { members.compactMapValues(\.string) }
}
