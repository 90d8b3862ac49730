/// A date and time of the calendar, as people, programs and AWS write it.
///
/// Reads what botocore reads (`dateutil.parser`): ISO 8601 in its extended and basic form, RFC 822, the forms of `date`
/// and `ctime`, and what lies between these. Text that could mean two times is refused: days and months as numbers alone
/// (`11/24/2026`), names of zones other than UTC and GMT, `GMT+3` (which POSIX and ISO 8601 read with opposite signs).
struct DateText {
  private var year: Int?
  private var month: Int?
  private var day: Int?
  /// Milliseconds since midnight.
  private var time: Int?
  private var isTwelveHourClock = false
  /// Seconds east of Greenwich.
  private var offset: Int?
  private var hasWeekday = false
  private var text: Substring.UTF8View

  /// Milliseconds since the epoch, rounded down; `nil` if the text is none of the forms.
  static func milliseconds(_ text: String) -> Int64? {
    guard text.utf8.count <= 100 else { return nil }
    var reader = DateText(text: text[...].utf8)
    return reader.readAll() ? reader.milliseconds : nil
  }

  private init(text: Substring.UTF8View) {
    self.text = text
  }

  private var milliseconds: Int64? {
    guard let year, let month, let day, 1...9999 ~= year else { return nil }
    let date = CalendarDate(year: year, month: month, day: day)
    guard date.isValid else { return nil }
    // Without a zone it is UTC.
    let seconds = date.daysSinceEpoch * 86_400 - (offset ?? 0)
    return Timestamp.checked(Int64(seconds * 1000 + (time ?? 0)))
  }

  private var hasDate: Bool { year != nil && month != nil && day != nil }

  /// Returns whether every part was understood.
  private mutating func readAll() -> Bool {
    while let byte = text.first {
      let isUnderstood =
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): readNumber()
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): readWord()
        case UInt8(ascii: "+"): readOffset()
        case UInt8(ascii: "-"): time == nil ? skip() : readOffset()
        case UInt8(ascii: "("): readComment()
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","): skip()
        default: false
        }
      guard isUnderstood else { return false }
    }
    return true
  }

  private mutating func skip() -> Bool {
    text.removeFirst()
    return true
  }

  private mutating func readNumber() -> Bool {
    let digits = takeDigits()
    if text.first == UInt8(ascii: ":") { return readTime(digits) }
    let isFirst = year == nil && month == nil && day == nil
    switch digits.count {
    case 8 where isFirst: return readBasicDate(digits)
    case 14 where isFirst && time == nil:
      return readBasicDate(digits.prefix(8)) && readBasicTime(digits.dropFirst(8), takesFraction: false)
    case 4 where isFirst && Self.isDateSeparator(text.first): return readDate(digits)
    // `0028` would be 2028 for botocore.
    case 4 where year == nil && month != nil: return Self.number(digits) >= 1000 && set(\.year, digits)
    case 2 where year == nil && month != nil && day != nil: return readShortYear(digits)
    case 1...2 where day == nil: return set(\.day, digits)
    case 1...6 where hasDate && time == nil && digits.count.isMultiple(of: 2): return readBasicTime(digits)
    default: return false
    }
  }

  /// `2026-11-24` or `2026/11/24`, and `2026-Nov-24`.
  private mutating func readDate(_ year: [UInt8]) -> Bool {
    let separator = text.removeFirst()
    guard set(\.year, year), text.first.map({ 0x30...0x39 ~= $0 }) == true else {
      return separator == UInt8(ascii: "-") && self.year != nil && text.first != nil
    }
    let month = takeDigits()
    guard 1...2 ~= month.count, set(\.month, month), text.popFirst() == separator else { return false }
    let day = takeDigits()
    return 1...2 ~= day.count && set(\.day, day)
  }

  private mutating func readBasicDate(_ digits: some Collection<UInt8>) -> Bool {
    let digits = Array(digits)
    return set(\.year, Array(digits[0..<4])) && set(\.month, Array(digits[4..<6])) && set(\.day, Array(digits[6..<8]))
  }

  /// The year of RFC 822.
  ///
  /// Which century is meant is beyond doubt for these only.
  private mutating func readShortYear(_ digits: [UInt8]) -> Bool {
    let number = Self.number(digits)
    guard number < 70 else { return false }
    year = 2000 + number
    return true
  }

  /// `16`, `1600` or `160000`.
  private mutating func readBasicTime(_ digits: some Collection<UInt8>, takesFraction: Bool = true) -> Bool {
    let parts = stride(from: 0, to: digits.count, by: 2).map { Self.number(digits.dropFirst($0).prefix(2)) }
    return setTime(parts, takesFraction && digits.count == 6 ? takeFraction() : 0)
  }

  /// `16:00` or `16:00:00`, with a fraction.
  private mutating func readTime(_ hours: [UInt8]) -> Bool {
    var parts = [hours]
    while parts.count < 3, text.first == UInt8(ascii: ":") {
      text.removeFirst()
      parts.append(takeDigits())
    }
    guard parts.allSatisfy({ 1...2 ~= $0.count }) else { return false }
    let fraction = parts.last?.count == 2 && parts.count == 3 ? takeFraction() : 0
    return setTime(parts.map(Self.number), fraction)
  }

  private mutating func setTime(_ parts: [Int], _ fraction: Int?) -> Bool {
    guard time == nil, let fraction, parts[0] < 24, parts.dropFirst().allSatisfy({ $0 < 60 }) else { return false }
    let seconds = zip(parts, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
    time = seconds * 1000 + fraction
    return true
  }

  private mutating func readWord() -> Bool {
    let word = takeWord()
    if time != nil, offset == nil, ["Z", "z", "UTC", "GMT"].contains(word) {
      offset = 0
      // `GMT+3`
      return text.first != UInt8(ascii: "+") && text.first != UInt8(ascii: "-")
    }
    let lower = word.lowercased()
    if lower == "t" { return hasDate && time == nil && text.first.map { 0x30...0x39 ~= $0 } == true }
    if lower == "am" || lower == "pm" { return readHalfOfDay(isAfternoon: lower == "pm") }
    if let number = Self.position(of: lower, in: Self.months), month == nil {
      month = number + 1
      return true
    }
    guard Self.position(of: lower, in: Self.weekdays) != nil, !hasWeekday else { return false }
    hasWeekday = true
    return true
  }

  private mutating func readHalfOfDay(isAfternoon: Bool) -> Bool {
    let hour = 3_600_000
    guard !isTwelveHourClock, let time, hour..<13 * hour ~= time else { return false }
    isTwelveHourClock = true
    self.time = time % (12 * hour) + (isAfternoon ? 12 * hour : 0)
    return true
  }

  /// `+1`, `+01`, `+0100` or `+01:00`.
  private mutating func readOffset() -> Bool {
    guard time != nil, offset == nil else { return false }
    let sign = text.removeFirst() == UInt8(ascii: "-") ? -1 : 1
    var digits = takeDigits()
    var minutes: [UInt8] = []
    if digits.count == 4 {
      minutes = Array(digits.suffix(2))
      digits.removeLast(2)
    } else if text.first == UInt8(ascii: ":") {
      text.removeFirst()
      minutes = takeDigits()
      guard minutes.count == 2 else { return false }
    }
    guard 1...2 ~= digits.count, Self.number(digits) < 24, Self.number(minutes) < 60 else { return false }
    offset = sign * (Self.number(digits) * 3600 + Self.number(minutes) * 60)
    return true
  }

  /// The zone's name behind its offset, as in mail: `+0000 (UTC)`.
  private mutating func readComment() -> Bool {
    text.removeFirst()
    let name = takeWord()
    return offset != nil && 3...5 ~= name.utf8.count && name == name.uppercased()
      && text.popFirst() == UInt8(ascii: ")")
  }

  private mutating func set(_ part: WritableKeyPath<DateText, Int?>, _ digits: [UInt8]) -> Bool {
    guard self[keyPath: part] == nil else { return false }
    self[keyPath: part] = Self.number(digits)
    return true
  }

  /// Milliseconds; 0 where there is no fraction, `nil` where there is a point and no digit.
  private mutating func takeFraction() -> Int? {
    guard text.first == UInt8(ascii: ".") || text.first == UInt8(ascii: ",") else { return 0 }
    // A comma may also end a time: `16:00:00, 24 Nov 2026`.
    guard text.dropFirst().first.map({ 0x30...0x39 ~= $0 }) == true else {
      return text.first == UInt8(ascii: ",") ? 0 : nil
    }
    text.removeFirst()
    let digits = takeDigits()
    return Self.number((digits + [0x30, 0x30]).prefix(3))
  }

  private mutating func takeDigits() -> [UInt8] {
    let digits = Array(text.prefix { 0x30...0x39 ~= $0 })
    text.removeFirst(digits.count)
    return digits
  }

  private mutating func takeWord() -> String {
    let word = text.prefix { 0x61...0x7A ~= $0 | 0x20 }
    text.removeFirst(word.count)
    return String(decoding: word, as: UTF8.self)
  }

  private static func isDateSeparator(_ byte: UInt8?) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/")
  }

  /// The number that at most 14 digits stand for; 0 for none.
  private static func number(_ digits: some Sequence<UInt8>) -> Int {
    digits.prefix(14).reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Finds a name by its first three letters or in full.
  private static func position(of word: String, in names: [String]) -> Int? {
    names.firstIndex { $0 == word || $0.prefix(3) == word }
  }

  private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]
}
