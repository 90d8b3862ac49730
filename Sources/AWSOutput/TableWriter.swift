/// Writes the lines of a table with the escape codes of the AWS CLI, which writes through the Python package colorama.
struct TableWriter {
  private let isColored: Bool
  private let isTerminal: Bool
  private var output: [UInt8] = []

  init(isColored: Bool, isTerminal: Bool) {
    self.isColored = isColored
    self.isTerminal = isTerminal
  }

  private static let reset = "\u{1B}[0m"
  private static let brightBlue = "\u{1B}[1m\u{1B}[34m"
  private static let dimYellow = "\u{1B}[2m\u{1B}[33m"

  /// colorama resets all colours after each write, even a write of one character.
  mutating func write(_ text: String) {
    output += text.utf8
    if isColored { output += Self.reset.utf8 }
  }

  /// Writes a line between bars, one at each side per level, in the same number of writes as the CLI.
  mutating func writeLine(_ line: String, level: Int) {
    let bar = isColored ? "\(Self.dimYellow)|\(Self.reset)" : "|"
    let bars = String(repeating: bar, count: level)
    write(bars)
    write(line)
    write(bars)
    write("\n")
  }

  var cellStyle: (String) -> String {
    isColored ? { "\(Self.brightBlue)\($0)\(Self.reset)" } : { $0 }
  }

  /// The whole output; on a terminal colorama resets the colours once more when the process ends.
  func finish() -> [UInt8] {
    isColored && isTerminal ? output + Self.reset.utf8 : output
  }
}
