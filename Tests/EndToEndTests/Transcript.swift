import TestSupport

/// Commands with what they print and how they end, as a person sees them in a terminal: `Tests/Transcripts/*.txt`.
///
///     ## What the transcript shows.
///     @serve --instance-id demo
///     $ cat > fedbroker.toml
///     < region = "nowhere"
///     $ fedbroker check-config fedbroker.toml
///     …
///     ! fedbroker: DIR/fedbroker.toml:1: …
///     [78]
///
/// A line that starts with `## ` is a remark, one with `$ ` a command for the shell, one with `< ` a line of its standard
/// input, one with `! ` a line of its standard error, and `[N]` its exit status where that is not 0. All others are its
/// standard output. `…` in a line stands for any text, and alone for any number of lines. DIR stands for the transcript's
/// own folder, and ADDRESS for that of the daemon, which `@serve` starts with these options beside an emulator.
struct Transcript {
  struct Step {
    let line: Int
    let command: String
    var input: [String] = []
    var output: [String] = []
    var error: [String] = []
    var status: Int32 = 0
  }

  /// The options of the daemon that the commands find; `nil` where there is none.
  private(set) var serve: [String]?
  private(set) var steps: [Step] = []

  init(_ text: String) {
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("## ") { continue }
      if line.hasPrefix("@serve") {
        serve = line.split(separator: " ").dropFirst().map(String.init)
      } else if line.hasPrefix("$ ") {
        steps.append(Step(line: number + 1, command: String(line.dropFirst(2))))
      } else if let last = steps.indices.last {
        if line.hasPrefix("< ") {
          steps[last].input.append(String(line.dropFirst(2)))
        } else if line.hasPrefix("! ") {
          steps[last].error.append(String(line.dropFirst(2)))
        } else if line == "!" {
          steps[last].error.append("")
        } else if line.first == "[", line.last == "]", let status = Int32(line.dropFirst().dropLast()) {
          steps[last].status = status
        } else {
          steps[last].output.append(String(line))
        }
      }
    }
  }

  /// Returns whether lines are those of the transcript; empty ones at the end do not count.
  static func matches(_ lines: [String], _ expected: [String]) -> Bool {
    var lines = lines[...], expected = expected[...]
    while lines.last == "" { lines.removeLast() }
    while expected.last == "" { expected.removeLast() }
    return matches(lines, expected)
  }

  private static func matches(_ lines: ArraySlice<String>, _ expected: ArraySlice<String>) -> Bool {
    guard let first = expected.first else { return lines.isEmpty }
    if first == "…" {
      return (lines.startIndex...lines.endIndex).contains { matches(lines[$0...], expected.dropFirst()) }
    }
    guard let line = lines.first, matches(line[...], first[...]) else { return false }
    return matches(lines.dropFirst(), expected.dropFirst())
  }

  private static func matches(_ line: Substring, _ expected: Substring) -> Bool {
    guard let mark = expected.firstIndex(of: "…") else { return line == expected }
    guard line.hasPrefix(expected[..<mark]) else { return false }
    let rest = line.dropFirst(expected[..<mark].count)
    let after = expected[expected.index(after: mark)...]
    return (0...rest.count).contains { matches(rest.dropFirst($0), after) }
  }
}
