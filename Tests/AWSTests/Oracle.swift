import Glibc
import JSON
import TestSupport
import Testing

/// The AWS CLI's own library, and what it answered when the committed tables were made.
///
/// A table is checked twice: against us, always, and against botocore, where `Tests/oracle/requirements.txt` is installed
/// in `.venv` (or in the environment of `FEDBROKER_ORACLE_PYTHON`).
enum Oracle {
  private static let root = String(
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))

  /// The interpreter that has botocore.
  static let python: String? = {
    if let path = getenv("FEDBROKER_ORACLE_PYTHON") { return String(cString: path) }
    let path = "\(root)/.venv/bin/python"
    return access(path, X_OK) == 0 ? path : nil
  }()

  /// Whether to compare with botocore itself: where it is there, and in CI, where it must be.
  static let isExpected = python != nil || getenv("CI").map { String(cString: $0) } == "true"

  /// The rows of a table in `Tests/oracle`.
  static func table(_ name: String) throws -> [JSONValue] {
    try text(name).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  static func text(_ name: String) -> String {
    ChildProcess.run(["cat", "\(root)/Tests/oracle/\(name)"]).output
  }

  /// What a script of `Tests/oracle` prints for a table.
  static func run(_ script: String, _ table: String) throws -> String {
    let python = try #require(python, "make the virtual environment from Tests/oracle/requirements.txt")
    let result = ChildProcess.run([python, "\(root)/Tests/oracle/\(script)", "\(root)/Tests/oracle/\(table)"])
    try #require(result.status == 0)
    return result.output
  }
}
