internal import Glibc

package enum Timestamp {
  /// A point in time as RFC 3339 writes it, in UTC, such as `2026-11-24T16:00:00.250Z`.
  ///
  /// - Parameter milliseconds: since the epoch.
  package static func rfc3339(milliseconds: Int64) -> String {
    let fraction = milliseconds - floorDivision(milliseconds, 1000) * 1000
    let digits = String(fraction + 1000).dropFirst()
    return rfc3339(seconds: floorDivision(milliseconds, 1000)).dropLast() + ".\(digits)Z"
  }

  /// The same without a fraction, such as `2026-11-24T16:00:00Z`.
  ///
  /// - Parameter seconds: since the epoch. What lies outside the years 0 to 9999 is written as the nearest of them.
  package static func rfc3339(seconds: Int64) -> String {
    var time = time_t(min(max(seconds, -62_167_219_200), 253_402_300_799))
    var parts = tm()
    gmtime_r(&time, &parts)
    func padded(_ value: Int32, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    return "\(date)T\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))Z"
  }

  private static func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
    value / divisor - (value % divisor < 0 ? 1 : 0)
  }
}
