extension Timestamp {
  /// As RFC 3339 writes it, in UTC, such as `2026-11-24T16:00:00Z`.
  ///
  /// - Parameter seconds: since the epoch. What lies outside the years 0 to 9999 is written as the nearest of them.
  package static func rfc3339(seconds: Int64) -> String {
    let time = ClockTime(seconds: seconds)
    let date = "\(padded(time.date.year, 4))-\(padded(time.date.month))-\(padded(time.date.day))"
    return "\(date)T\(time.text)Z"
  }

  /// The same with a fraction, such as `2026-11-24T16:00:00.250Z`.
  ///
  /// - Parameter milliseconds: since the epoch.
  package static func rfc3339(milliseconds: Int64) -> String {
    let fraction = String(CalendarDate.floorRemainder(Int(milliseconds), 1000) + 1000).dropFirst()
    return rfc3339(seconds: wholeSeconds(milliseconds)).dropLast() + ".\(fraction)Z"
  }

  /// Whole seconds, rounded down.
  package static func wholeSeconds(_ milliseconds: Int64) -> Int64 {
    Int64(CalendarDate.floorDivide(Int(milliseconds), 1000))
  }

  /// As senders of HTTP write it (RFC 9110 §5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
  ///
  /// - Parameter seconds: since the epoch. What lies outside the years 0 to 9999 is written as the nearest of them.
  package static func httpDateText(seconds: Int64) -> String {
    let time = ClockTime(seconds: seconds)
    let day = "\(weekdays[time.date.weekday]), \(padded(time.date.day)) \(months[time.date.month - 1])"
    return "\(day) \(padded(time.date.year, 4)) \(time.text) GMT"
  }

  /// Epoch seconds as a number's text, with a fraction only where there is one.
  package static func epochText(_ milliseconds: Int64) -> String {
    let seconds = wholeSeconds(milliseconds)
    let rest = CalendarDate.floorRemainder(Int(milliseconds), 1000)
    guard rest != 0, seconds >= 0 else { return String(seconds) }
    return "\(seconds).\(String(1000 + rest).dropFirst())"
  }

  static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  fileprivate static func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// A point in time as calendar and clock show it, in UTC.
private struct ClockTime {
  let date: CalendarDate
  /// Such as `16:00:00`.
  let text: String

  /// What lies outside the years 0 to 9999 becomes the nearest of them.
  init(seconds: Int64) {
    let seconds = Int(min(max(seconds, -62_167_219_200), 253_402_300_799))
    let days = CalendarDate.floorDivide(seconds, 86_400)
    let second = CalendarDate.floorRemainder(seconds, 86_400)
    date = CalendarDate(daysSinceEpoch: days)
    let parts = [second / 3600, second / 60 % 60, second % 60]
    text = parts.map { Timestamp.padded($0) }.joined(separator: ":")
  }
}
