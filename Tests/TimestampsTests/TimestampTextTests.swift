import Testing
import Timestamps

@Test(
  arguments: [
    (0, "1970-01-01T00:00:00Z"), (1_795_478_400_000, "2026-11-24T00:00:00Z"), (951_782_399_999, "2000-02-28T23:59:59Z"),
    (951_782_400_000, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59Z"),
  ] as [(Int64, String)])
func `A time is written in ISO 8601 and read back`(milliseconds: Int64, text: String) {
  #expect(Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(milliseconds)) == text)
  #expect(Timestamp.milliseconds(text) == Int64(CalendarDate.floorDivide(Int(milliseconds), 1000)) * 1000)
}
