/// A date of the Gregorian calendar, in UTC.
///
/// The arithmetic counts in eras of 400 years, after which the calendar repeats, and in years that begin in March, so
/// that a leap day is a year's last.
package struct CalendarDate: Sendable, Equatable {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  /// 1 to 31.
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  package init(daysSinceEpoch: Int) {
    let days = daysSinceEpoch + 719_468  // from 1 March of the year 0
    let era = Self.floorDivide(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  package var daysSinceEpoch: Int {
    let year = month <= 2 ? year - 1 : year
    let era = Self.floorDivide(year, 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 0 is Sunday.
  package var weekday: Int {
    let days = daysSinceEpoch + 4  // 1 January 1970 was a Thursday.
    return days - Self.floorDivide(days, 7) * 7
  }

  /// Whether the calendar has this day.
  package var isValid: Bool {
    1...12 ~= month && 1...31 ~= day && CalendarDate(daysSinceEpoch: daysSinceEpoch) == self
  }

  /// The quotient, rounded down; `divisor` is positive.
  package static func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// What `floorDivide` leaves: at least 0 and less than `divisor`.
  package static func floorRemainder(_ dividend: Int, _ divisor: Int) -> Int {
    let remainder = dividend % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}
