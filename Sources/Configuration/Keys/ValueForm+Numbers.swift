internal import Clocks

extension ValueForm where Value == Int {
  static func integer(_ range: ClosedRange<Int>, unit: String = "") -> Self {
    let unit = unit.isEmpty ? "" : " of \(unit)"
    return Self(
      expecting: "a whole number\(unit) from \(range.lowerBound) to \(range.upperBound)",
      accept: { value in
        let number: Int? =
          switch value {
          case .integer(let number): number
          case .raw(let text): Int(text)
          default: nil
          }
        return number.flatMap { range.contains($0) ? $0 : nil }
      },
      mend: { value in
        let number: Int? =
          switch value {
          case .string(let text), .raw(let text):
            // Perhaps with a unit.
            Int(text.reversed().drop { $0.isLetter || $0 == " " }.reversed().map(String.init).joined())
          case .number(let number): Int(exactly: number)
          default: nil
          }
        return number.flatMap { range.contains($0) ? "write \($0)" : nil }
      },
      render: { .integer($0) })
  }
}

extension ValueForm where Value == Double {
  /// Returns a number over 0, without TOML's `inf` and `nan`.
  static func number(upTo limit: Double) -> Self {
    Self(
      expecting: "a number over 0 and up to \(Int(limit))",
      accept: { value in
        let number: Double? =
          switch value {
          case .integer(let number): Double(number)
          case .number(let number): number
          default: nil
          }
        return number.flatMap { $0 > 0 && $0 <= limit ? $0 : nil }
      },
      mend: { value in
        guard case .string(let text) = value, let number = Double(text.replacing(",", with: ".")), number > 0,
          number <= limit
        else { return nil }
        return "write \(number)"
      },
      render: { .number($0) })
  }
}

extension ValueForm where Value == Duration {
  static func duration(_ range: ClosedRange<Duration>) -> Self {
    Self(
      expecting: "a duration from \(range.lowerBound.text) to \(range.upperBound.text) (ms, s, m or h)",
      acceptText: { text in
        Duration(text: text).flatMap { range.contains($0) ? $0 : nil }
      },
      mendText: { text in
        Duration(looseText: text).flatMap { range.contains($0) ? "write \"\($0.text)\"" : nil }
      },
      renderText: \.text)
  }
}

extension Duration {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
  ]

  /// Reads a whole number with one unit, such as `500ms`, `30s`, `5m` or `1h`.
  package init?(text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count)
    // Nine digits of hours still fit 64 bits of milliseconds.
    guard digits.count <= 9, let count = Int64(digits), let unit = Self.units.first(where: { $0.name == unit }) else {
      return nil
    }
    self = .milliseconds(count * unit.milliseconds)
  }

  /// Reads what people write for a duration: a number without a unit as seconds, words for units, and sums of them.
  init?(looseText text: String) {
    var rest = text.lowercased().filter { $0 != " " && $0 != "_" }[...]
    var total: Int64 = 0
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let word = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(word.count)
      guard digits.count <= 9, let count = Int64(digits), let unit = Self.words[String(word)] else { return nil }
      total += count * unit
    } while !rest.isEmpty
    self = .milliseconds(total)
  }

  /// The milliseconds of each word for a unit.
  private static let words: [String: Int64] = Dictionary(
    [
      (1, ["ms", "msec", "millis", "milliseconds"]), (1000, ["", "s", "sec", "secs", "second", "seconds"]),
      (60_000, ["m", "min", "mins", "minute", "minutes"]), (3_600_000, ["h", "hr", "hrs", "hour", "hours"]),
      (86_400_000, ["d", "day", "days"]),
    ].flatMap { unit, words in words.map { ($0, unit) } }, uniquingKeysWith: { first, _ in first })

  /// What `init(text:)` reads, in the largest unit that keeps the number whole.
  var text: String {
    let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    let unit = Self.units.last { milliseconds.isMultiple(of: $0.milliseconds) } ?? Self.units[0]
    return milliseconds == 0 ? "0s" : "\(milliseconds / unit.milliseconds)\(unit.name)"
  }
}
