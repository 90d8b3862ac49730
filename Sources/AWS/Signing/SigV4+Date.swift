internal import System
internal import Timestamps

extension SigV4 {
  /// The time that an `X-Amz-Date` tells, in seconds since the epoch; `nil` if it is not `yyyyMMdd'T'HHmmss'Z'`.
  package static func date(ofTimestamp text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      let digits = bytes[range]
      guard digits.allSatisfy(\.isASCIIDigit) else { return nil }
      return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
      let minute = number(11..<13), let second = number(13..<15), hour < 24, minute < 60, second <= 60
    else { return nil }
    let date = CalendarDate(year: year, month: month, day: day)
    guard date.isValid else { return nil }
    return Int64(date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second)
  }
}
