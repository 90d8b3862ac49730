extension Timestamp {
  /// `2026-11-24T16:00:00Z`, rounded down.
  static func iso8601Text(_ milliseconds: Int64) -> String {
    let seconds = CalendarDate.floorDivide(Int(milliseconds), 1000)
    let days = CalendarDate.floorDivide(seconds, 86_400)
    let date = CalendarDate(daysSinceEpoch: days)
    let second = seconds - days * 86_400
    func padded(_ number: Int, _ width: Int = 2) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
      + "T\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))Z"
  }
}
