internal import Glibc
package import JSON

/// The Python programs that we are compared with, and what they answered when the tables in `Tests/oracle` were made.
///
/// A table is checked twice: against us, always, and against the programs, where `Tests/oracle/requirements.txt` is
/// installed in `.venv` (or in the environment of `FEDBROKER_ORACLE_PYTHON`).
package enum Oracle {
  package static let packageRoot = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")

  private static let python: String? = {
    if let path = getenv("FEDBROKER_ORACLE_PYTHON") { return String(cString: path) }
    let path = "\(packageRoot)/.venv/bin/python"
    return access(path, X_OK) == 0 ? path : nil
  }()

  /// Whether to run the programs: where they are installed, and in CI, where they must be.
  package static let isExpected = python != nil || getenv("CI").map { String(cString: $0) } == "true"

  /// A table's text, of one JSON value a line.
  package static func text(_ table: String) -> String {
    let file = ChildProcess.run(["cat", "\(packageRoot)/Tests/oracle/\(table)"])
    precondition(file.status == 0, "Tests/oracle/\(table) cannot be read")
    return file.output
  }

  package static func rows(_ table: String) throws(JSONError) -> [JSONValue] {
    var rows: [JSONValue] = []
    for line in text(table).split(separator: "\n") { rows.append(try JSONValue(parsing: String(line))) }
    return rows
  }

  /// What a script of `Tests/oracle` prints; empty where it cannot be run.
  package static func run(_ script: String, _ arguments: [String] = []) -> String {
    let result = ChildProcess.run([python ?? "false", "\(packageRoot)/Tests/oracle/\(script)"] + arguments)
    return result.status == 0 ? result.output : ""
  }

  /// What a script of `Tests/oracle` prints for a table; empty where it cannot be run.
  package static func run(_ script: String, table: String) -> String {
    run(script, ["\(packageRoot)/Tests/oracle/\(table)"])
  }
}
