/// Points in time as AWS writes them, in milliseconds since the epoch, rounded down.
///
/// botocore takes epoch seconds (a number or its text) and the dates of `DateText` for any time of an answer, so these are
/// taken too, within the years 1 to 9999.
package enum Timestamp {
  private static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

  /// `nil` if the text is none of the forms.
  package static func milliseconds(_ text: String) -> Int64? {
    let isSpace = { (byte: UInt8) in byte == 0x20 || 0x09...0x0D ~= byte }
    let trimmed = text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    let plain = String(decoding: trimmed, as: UTF8.self)
    return epochSeconds(plain.hasPrefix("+") ? String(plain.dropFirst()) : plain) ?? DateText.milliseconds(plain)
  }

  /// Epoch seconds with fraction and exponent (RFC 8259 §6), worked out in decimal: a `Double` would round
  /// 1732464000.123 to one millisecond less.
  package static func epochSeconds(_ text: String) -> Int64? { decimal(text, shiftedBy: 3) }

  /// Epoch milliseconds with fraction and exponent (RFC 8259 §6).
  package static func epochMilliseconds(_ text: String) -> Int64? { decimal(text, shiftedBy: 0) }

  /// The number times a power of ten, rounded down; `nil` if it is out of the range of times, or no number.
  private static func decimal(_ text: String, shiftedBy shift: Int) -> Int64? {
    let parts = text.lowercased().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
    let isNegative = parts[0].hasPrefix("-")
    let mantissa = parts[0].dropFirst(isNegative ? 1 : 0).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    guard let exponent = parts.count > 1 ? Int(parts[1]) : 0, -400...400 ~= exponent, !mantissa[0].isEmpty,
      mantissa[0].count + fraction.count <= 400, (mantissa[0] + fraction).allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    // The digits, and how many of them stand before the point once it is moved.
    let digits = (mantissa[0] + fraction).drop { $0 == "0" }
    let whole = mantissa[0].count + exponent + shift - (mantissa[0].count + fraction.count - digits.count)
    guard !digits.isEmpty, whole > 0 else { return isNegative && !digits.isEmpty ? -1 : 0 }
    let kept = digits.prefix(whole)
    guard whole <= 18, let value = Int64(kept + String(repeating: "0", count: whole - kept.count)) else { return nil }
    let isExact = digits.dropFirst(whole).allSatisfy { $0 == "0" }
    return checked(isNegative ? -value - (isExact ? 0 : 1) : value)
  }

  /// The time itself, if it lies in the years that a calendar has.
  static func checked(_ milliseconds: Int64) -> Int64? { range.contains(milliseconds) ? milliseconds : nil }

  /// The one form that senders of HTTP use (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, to the letter.
  package static func httpDate(_ text: String) -> Int64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard text.utf8.count == 29, parts.count == 6, parts[5] == "GMT", let day = number(parts[1], digits: 2),
      let month = month(parts[2]), let year = number(parts[3], digits: 4), parts[4].count == 8
    else { return nil }
    guard parts[0] == weekdays[CalendarDate(year: year, month: month, day: day).weekday] + "," else { return nil }
    return milliseconds(year, month, day, time: parts[4])
  }

  private static func milliseconds(_ year: Int, _ month: Int, _ day: Int, time: Substring) -> Int64? {
    let date = CalendarDate(year: year, month: month, day: day)
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2) }
    // A leap second is a minute's 61st (RFC 9110 §5.6.7).
    guard date.isValid, year >= 1, clock.count == 3, let hours = clock[0], hours < 24, let minutes = clock[1],
      minutes < 60, let seconds = clock[2], seconds <= 60
    else { return nil }
    return checked(Int64((date.daysSinceEpoch * 86_400 + hours * 3600 + minutes * 60 + seconds) * 1000))
  }

  private static func month(_ name: Substring) -> Int? {
    months.firstIndex(of: String(name)).map { $0 + 1 }
  }

  private static func number(_ text: some StringProtocol, digits: Int) -> Int? {
    guard text.count == digits, 1...4 ~= digits, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(text)
  }
}
