import Testing
import Timestamps

struct TimestampTests {
  @Test(arguments: [
    ("1732464000", 1_732_464_000_000), ("1732464000.123", 1_732_464_000_123), ("1732464000.9999", 1_732_464_000_999),
    ("1.732464E9", 1_732_464_000_000), ("1.7324640001e+9", 1_732_464_000_100), ("17324640000e-1", 1_732_464_000_000),
    ("0", 0), ("-0.0", 0), ("0.0009", 0), ("-0.0001", -1), ("-1.5", -1500), ("-1.0005", -1001),
    ("0000001", 1000), ("1732464000.000000000000000000000001", 1_732_464_000_000), ("0e99999", nil), ("1e400", nil),
    ("253402300799.999", 253_402_300_799_999), ("253402300800", nil), ("-62135596801", nil), ("", nil), ("-", nil),
    (".5", nil), ("x", nil), ("1e", nil), ("1.2.3", nil), ("١", nil), ("NaN", nil), ("--1", nil),
  ])
  func `Epoch seconds are read exactly and rounded down`(text: String, milliseconds: Int64?) {
    #expect(Timestamp.epochSeconds(text) == milliseconds)
  }

  @Test(arguments: [
    ("2024-11-24T16:00:00Z", 1_732_464_000_000), ("2024-11-24t16:00:00.5z", 1_732_464_000_500),
    ("2024-11-24 16:00:00", 1_732_464_000_000), ("2024-11-24T17:00:00+01:00", 1_732_464_000_000),
    ("2024-11-24T10:30:00-0530", 1_732_464_000_000), ("2024-11-24", 1_732_406_400_000),
    ("Sun, 24 Nov 2024 16:00:00 GMT", 1_732_464_000_000), ("24 Nov 2024 16:00:00 +0000", 1_732_464_000_000),
    ("Sun, 24 Nov 2024 17:00:00 +0100", 1_732_464_000_000), ("1732464000", 1_732_464_000_000),
    ("2024-02-30", nil), ("2024-13-01", nil), ("2024-11-24T24:00:00Z", nil), ("2024-11-24T16:00:00X", nil),
    ("tomorrow", nil), ("", nil), ("2024-11-24T", nil), ("24 Nov 2024", 1_732_406_400_000),
  ])
  func `ISO 8601 and RFC 822 are read too`(text: String, milliseconds: Int64?) {
    #expect(Timestamp.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000), ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800_000),
    ("Mon, 06 Nov 1994 08:49:37 GMT", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
    ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil), ("Sun, 06 Nov 1994 08:49:37 UTC", nil),
    ("Sun, 06 nov 1994 08:49:37 GMT", nil), ("Fri, 30 Feb 2024 00:00:00 GMT", nil),
    ("Sun, 06 Nov 1994 8:49:370 GMT", nil),
    ("", nil),
  ])
  func `A date of HTTP has one form`(text: String, milliseconds: Int64?) {
    #expect(Timestamp.httpDate(text) == milliseconds)
  }
}
