import Secrets
import Testing

@testable import AWS

/// Files that are made to cost time or memory: each ends with an error, or soon.
@Suite(.timeLimit(.minutes(5)))
struct INILimitTests {
  private static let tooMany = "there are more than 100000 sections, options and lines of options"

  private static func repeated(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map { line($0) + "\n" }.joined()
  }

  private static let options = "[default]\n" + repeated(250_000) { "o\($0)=" }
  private static let sections = repeated(250_000) { "[s\($0)]" }
  private static let lines = "[default]\na =\n" + repeated(250_000) { " b\($0)=" }
  private static let emptyLines = "[default]\na = 1\n" + repeated(250_000) { _ in "" }
  private static let thousandDefaults = "[DEFAULT]\n" + repeated(1000) { "o\($0)=" }
  private static let thousandSections = repeated(1000) { "[s\($0)]" }

  @Test(
    "A file with more than can be read at once is refused at the line that is too much",
    arguments: [
      (options, 100_001), (sections, 100_001), (lines, 100_001), (emptyLines, 100_001),
      (thousandDefaults + thousandSections, 1100), (thousandSections + thousandDefaults, 1100),
    ] as [(String, Int)])
  func tooMuch(text: String, line: Int) {
    #expect(throws: INIError(line: line, reason: Self.tooMany)) { try INIDocument(parsing: Secret(text)) }
  }

  @Test("What is below the limit is read, and what occurs twice is found among many")
  func many() throws {
    let options = "[default]\n" + Self.repeated(50_000) { "o\($0)=\($0)" }
    #expect(try INIDocument(parsing: Secret(options)).sections.first?.options["o49999"] == .text(Secret("49999")))
    #expect(throws: INIError(line: 50_002, reason: "the option occurs twice in its section")) {
      try INIDocument(parsing: Secret(options + "o7=\n"))
    }
    let sections = Self.repeated(50_000) { "[s\($0)]" }
    #expect(throws: INIError(line: 50_001, reason: "the section occurs twice")) {
      try INIDocument(parsing: Secret(sections + "[s7]\n"))
    }
  }
}
