internal import Glibc

/// A time as Python's `datetime.isoformat` writes it: microseconds only if they are not 0, the zone as an offset.
struct ISO8601Time {
  let text: String

  /// Throws, with Python's message, if the year is not in 1 to 9999.
  init(seconds: Int64, microseconds: Int, secondsEast: Int) throws(OutputError) {
    var time = time_t(seconds) + secondsEast
    var fields = unsafe tm()
    unsafe gmtime_r(&time, &fields)
    let year = Int(unsafe fields.tm_year) + 1900
    guard 1...9999 ~= year else { throw OutputError("year \(year) is out of range") }
    let (month, day) = unsafe (Int(fields.tm_mon) + 1, Int(fields.tm_mday))
    let (hour, minute, second) = unsafe (Int(fields.tm_hour), Int(fields.tm_min), Int(fields.tm_sec))
    let date = "\(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(day, 2))"
    let clock = "\(Self.digits(hour, 2)):\(Self.digits(minute, 2)):\(Self.digits(second, 2))"
    let fraction = microseconds == 0 ? "" : ".\(Self.digits(microseconds, 6))"
    text = "\(date)T\(clock)\(fraction)\(Self.zone(secondsEast))"
  }

  /// Reads a time in ISO 8601 with seconds; `nil` if it is anything else.
  init?(_ text: String) {
    let form = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:(Z)|([+-]\d\d):?(\d\d))?/.asciiOnlyDigits()
    guard let match = text.wholeMatch(of: form)?.output else { return nil }
    let fraction = match.3.map { "." + $0 + String(repeating: "0", count: 6 - $0.utf8.count) } ?? ""
    let offset = match.5.flatMap { hours in match.6.map { "\(hours):\($0)" } }
    self.text = "\(match.1)T\(match.2)\(fraction)\(match.4 == nil ? offset ?? "" : "+00:00")"
  }

  private static func zone(_ secondsEast: Int) -> String {
    let offset = abs(secondsEast)
    let seconds = offset % 60 == 0 ? "" : ":\(digits(offset % 60, 2))"
    return "\(secondsEast < 0 ? "-" : "+")\(digits(offset / 3600, 2)):\(digits(offset / 60 % 60, 2))\(seconds)"
  }

  private static func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }
}
