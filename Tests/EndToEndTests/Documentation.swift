import FoundationEssentials
import TestSupport

/// README.md and docs/*.md, as the tests read them.
enum Documentation {
  /// The folder of the repository.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// A fenced block.
  struct Block: Sendable {
    /// What stands behind the fence: `sh`, `toml`, or `sh` and who or what its commands need, such as `sh root`.
    let kind: String
    let text: String

    /// One a line, but for lines that a backslash joins.
    var commands: [String] {
      text.replacing("\\\n", with: "").split(separator: "\n").map(String.init)
    }
  }

  /// The commands of a block as a person pastes them, with the backslashes and line feeds in them.
  static func pasted(_ block: Block) -> [String] {
    var commands: [String] = []
    var isContinued = false
    for line in block.text.split(separator: "\n") {
      if isContinued, let last = commands.popLast() {
        commands.append("\(last)\n\(line)")
      } else {
        commands.append(String(line))
      }
      isContinued = line.hasSuffix("\\")
    }
    return commands
  }

  /// The names of the pages in docs/, such as `docs/install.md`.
  static func pages() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(root)/docs").filter { $0.hasSuffix(".md") }.sorted()
      .map { "docs/\($0)" }
  }

  static func text(of page: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(page)", encoding: .utf8)
  }

  static func blocks(of page: String) throws -> [Block] {
    // Text, block, text, block, …
    try text(of: page).components(separatedBy: "\n```").enumerated().filter { $0.offset % 2 == 1 }.map { _, block in
      let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return Block(kind: String(lines[0]), text: lines.count > 1 ? String(lines[1]) : "")
    }
  }

  static func shell(
    _ command: String, _ environment: [String: String]
  ) async throws -> (status: Int32, output: String, error: String) {
    try await LoggedProcess.run("/bin/sh", ["-c", "cd '\(root)' && \(command)"], environment: environment)
  }
}
