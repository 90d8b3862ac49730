/// Points in time as AWS writes them, in milliseconds since the epoch, rounded down.
///
/// botocore takes epoch seconds (a number or its text), ISO 8601 and RFC 822 for any time of an answer, so these are
/// taken too, within the years 1 to 9999.
package enum Timestamp {
  private static let range = -62_135_596_800_000...253_402_300_799_999

  /// `nil` if the text is none of the forms.
  package static func milliseconds(_ text: String) -> Int64? {
    epochSeconds(text) ?? iso8601(text) ?? rfc822(text)
  }

  /// Epoch seconds with fraction and exponent (RFC 8259 §6), worked out in decimal: a `Double` would round
  /// 1732464000.123 to one millisecond less.
  package static func epochSeconds(_ text: String) -> Int64? {
    let parts = text.lowercased().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
    let isNegative = parts[0].hasPrefix("-")
    let mantissa = parts[0].dropFirst(isNegative ? 1 : 0).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    guard let exponent = parts.count > 1 ? Int(parts[1]) : 0, abs(exponent) <= 400, !mantissa[0].isEmpty,
      mantissa[0].count + fraction.count <= 400, (mantissa[0] + fraction).allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    // The digits, and how many of them stand before the point once it is moved to count milliseconds.
    let digits = (mantissa[0] + fraction).drop { $0 == "0" }
    let whole = mantissa[0].count + exponent + 3 - (mantissa[0].count + fraction.count - digits.count)
    guard !digits.isEmpty, whole > 0 else { return isNegative && !digits.isEmpty ? -1 : 0 }
    let kept = digits.prefix(whole)
    guard whole <= 18, let value = Int64(kept + String(repeating: "0", count: whole - kept.count)) else { return nil }
    let isExact = digits.dropFirst(whole).allSatisfy { $0 == "0" }
    let signed = isNegative ? -value - (isExact ? 0 : 1) : value
    return range.contains(Int(signed)) ? signed : nil
  }

  /// `2026-11-24`, `2026-11-24T16:00:00Z`, `2026-11-24 16:00:00.5+01:00`; without a zone it is UTC.
  static func iso8601(_ text: String) -> Int64? {
    let parts = text.uppercased().split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
    let date = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { number($0, digits: $0.count) }
    guard parts[0].count == 10, date.count == 3, let year = date[0], let month = date[1], let day = date[2] else {
      return nil
    }
    guard parts.count > 1 else { return milliseconds(year, month, day, time: "00:00", zone: "Z") }
    let zone = parts[1].firstIndex { "Z+-".contains($0) } ?? parts[1].endIndex
    return milliseconds(
      year, month, day, time: parts[1][..<zone], zone: zone == parts[1].endIndex ? "Z" : parts[1][zone...])
  }

  /// `Tue, 24 Nov 2026 16:00:00 GMT`; the weekday may be missing, and the zone may be an offset.
  static func rfc822(_ text: String) -> Int64? {
    var parts = text.split(separator: " ")[...]
    if parts.first?.hasSuffix(",") == true { parts = parts.dropFirst() }
    let fields = Array(parts)
    guard fields.count == 5, let day = number(fields[0], digits: fields[0].count), let month = month(fields[1]),
      let year = number(fields[2], digits: 4)
    else { return nil }
    let isUTC = ["GMT", "UTC", "UT", "Z"].contains(fields[4])
    return milliseconds(year, month, day, time: fields[3], zone: isUTC ? "Z" : fields[4])
  }

  /// The one form that senders of HTTP use (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, to the letter.
  package static func httpDate(_ text: String) -> Int64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard text.utf8.count == 29, parts.count == 6, parts[5] == "GMT", let day = number(parts[1], digits: 2),
      let month = month(parts[2]), let year = number(parts[3], digits: 4), parts[4].count == 8
    else { return nil }
    guard parts[0] == weekdays[CalendarDate(year: year, month: month, day: day).weekday] + "," else { return nil }
    return milliseconds(year, month, day, time: parts[4], zone: "Z")
  }

  private static func milliseconds(
    _ year: Int, _ month: Int, _ day: Int, time: Substring, zone: Substring
  ) -> Int64? {
    let date = CalendarDate(year: year, month: month, day: day)
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    let second = clock.count == 3 ? clock[2].split(separator: ".", maxSplits: 1) : ["00"]
    guard date.isValid, year >= 1, 2...3 ~= clock.count, let hours = number(clock[0], digits: 2), hours < 24,
      let minutes = number(clock[1], digits: 2), minutes < 60, let whole = second.first,
      let seconds = number(whole, digits: 2), seconds <= 60, let offset = offset(zone)
    else { return nil }
    var milliseconds = 0
    if second.count > 1 {
      guard second[1].allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
      milliseconds = Int((second[1] + "000").prefix(3)) ?? 0
    }
    let total = date.daysSinceEpoch * 86_400 + hours * 3600 + minutes * 60 + seconds - offset
    return Int64(total * 1000 + milliseconds)
  }

  /// Seconds east of Greenwich.
  private static func offset(_ zone: Substring) -> Int? {
    if zone == "Z" { return 0 }
    let digits = zone.dropFirst().filter { $0 != ":" }
    guard let sign = zone.first, sign == "+" || sign == "-", digits.count == 4, let number = number(digits, digits: 4),
      number / 100 < 24, number % 100 < 60
    else { return nil }
    return (number / 100 * 3600 + number % 100 * 60) * (sign == "-" ? -1 : 1)
  }

  private static func month(_ name: Substring) -> Int? {
    months.firstIndex(of: String(name)).map { $0 + 1 }
  }

  private static func number(_ text: some StringProtocol, digits: Int) -> Int? {
    guard text.count == digits, 1...4 ~= digits, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(text)
  }
}
