import JSON
import TestSupport
import Testing
import Timestamps

/// The forms of time, beside botocore's reading of them.
struct TimeTableTests {
  @Test func `Every row of the table of times is read as botocore reads it`() throws {
    let rows = try Oracle.rows("times.jsonl")
    #expect(rows.count > 80)
    for row in rows {
      let text = try #require(row["text"]?.string)
      let expected = row["differs"] == nil ? row["milliseconds"] : row["ours"]
      #expect(Timestamp.milliseconds(text).map(String.init) == expected?.numberText, "\(text)")
    }
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of times is what botocore makes`() {
    #expect(Oracle.run("times.py", table: "times.jsonl") == Oracle.text("times.jsonl"))
  }

  /// Whole forms, put together at random: each is read, and to the same millisecond.
  @Test(.enabled(if: Oracle.isExpected))
  func `Times of all forms are read as botocore reads them`() throws {
    var random = SeededGenerator(seed: 14)
    let texts = (0..<1500).map { _ in TimeForms.whole(using: &random) }
    for (text, expected) in try Self.read(texts) {
      #expect(expected != nil, "botocore refuses \(text)")
      #expect(Timestamp.milliseconds(text) == expected, "\(text)")
    }
  }

  /// Broken forms: what we read at all, botocore reads to the same millisecond.
  @Test(.enabled(if: Oracle.isExpected))
  func `No broken time is read as another time`() throws {
    var random = SeededGenerator(seed: 15)
    let texts = (0..<3000).map { _ in TimeForms.broken(using: &random) }
    var count = 0
    for (text, expected) in try Self.read(texts) {
      guard let milliseconds = Timestamp.milliseconds(text) else { continue }
      count += 1
      #expect(milliseconds == expected, "\(text)")
    }
    #expect(count > 100)
  }

  private static func read(_ texts: [String]) throws -> [(String, Int64?)] {
    let directory = ScratchDirectory()
    let lines = texts.map { String(decoding: JSONValue.object(["text": .string($0)]).text, as: UTF8.self) + "\n" }
    directory.write("times.jsonl", lines.joined())
    let answers = Oracle.run("times.py", ["\(directory.path)/times.jsonl"]).split(separator: "\n")
    try #require(answers.count == texts.count)
    return try zip(texts, answers).map { text, line in
      let row = try JSONValue(parsing: String(line))
      #expect(row["text"]?.string == text)
      return (text, row["milliseconds"]?.numberText.flatMap { Int64($0) })
    }
  }
}

/// Makes texts of times.
private enum TimeForms {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "January", "FEBRUARY", "march",
  ]
  private static let weekdays = ["Mon", "tue", "Wed", "Thursday", "FRI", "Sat", "sunday"]

  static func whole(using random: inout SeededGenerator) -> String {
    func two(_ range: ClosedRange<Int>) -> String { padded(Int.random(in: range, using: &random), 2) }
    func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
    let year = padded(Int.random(in: 1980...2060, using: &random), 4)
    let (month, day) = (two(1...12), two(1...28))
    let (hour, minute, second) = (two(0...23), two(0...59), two(0...59))
    let digits = String(
      (0..<Int.random(in: 1...9, using: &random)).map { _ in "0123456789".randomElement(using: &random)! })
    let fraction = pick(["", "", ".\(digits)", ",\(digits)"])
    let extended = pick(["\(hour):\(minute):\(second)\(fraction)", "\(hour):\(minute)"])
    let basic = pick(["\(hour)\(minute)\(second)\(fraction)", "\(hour)\(minute)", hour])
    let offset =
      pick(["+", "-"]) + pick([two(0...23), "\(two(0...23))\(two(0...59))", "\(two(0...23)):\(two(0...59))"])
    let zone = pick(["", "Z", " UTC", "GMT", offset, " \(offset)"])
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return "\(year)-\(month)-\(day)\(pick(["T", " ", "t"]))\(extended)\(zone)"
    case 1:
      // botocore reads an hour alone only before a word.
      let time = basic == hour && !["Z", "GMT"].contains(zone) ? "\(hour)\(minute)" : basic
      return "\(year)\(month)\(day)T\(time)\(zone)"
    case 2:
      let start = pick(["", "\(pick(weekdays)), ", "\(pick(weekdays)) "])
      return "\(start)\(day) \(pick(months)) \(year) \(extended) \(zone)"
    default:
      return "\(pick(weekdays)) \(pick(months)) \(day) \(hour):\(minute):\(second) \(pick(["UTC", "GMT", ""])) \(year)"
    }
  }

  static func broken(using random: inout SeededGenerator) -> String {
    var text = Array(whole(using: &random))
    for _ in 0..<Int.random(in: 1...3, using: &random) where !text.isEmpty {
      let place = Int.random(in: 0..<text.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: text.remove(at: place)
      case 1: text.insert("0123456789-+:.,TZ ".randomElement(using: &random)!, at: place)
      default: text.swapAt(place, Int.random(in: 0..<text.count, using: &random))
      }
    }
    return String(text)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension JSONValue {
  fileprivate var numberText: String? {
    if case .number(let text) = self { text } else { nil }
  }
}
