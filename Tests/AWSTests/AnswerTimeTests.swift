import Outbound
import Secrets
import TestSupport
import Testing
import Timestamps

@testable import AWS

/// What the `Date` of an answer corrects.
struct AnswerTimeTests {
  /// 24 November 2026, 16:00:00 UTC.
  private static let now: Int64 = 1_795_536_000_000

  private struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Seconds from our clock to the `Date`; `nil` for none.
    var date: Int64?
    var fields: [(name: String, value: String)] = []
    /// Seconds from our clock to the signature's; `nil` for an unsigned request.
    var signature: Int64? = 0
    /// Seconds from our clock to the one that is believed; `nil` for our own.
    let believed: Int64?
  }

  private static let rows: [Row] = [
    Row(testDescription: "no Date", date: nil, believed: nil),
    Row(testDescription: "the same time", date: 0, believed: 0),
    Row(testDescription: "ten minutes behind", date: -600, believed: -600),
    Row(testDescription: "ten minutes ahead", date: 600, believed: 600),
    Row(testDescription: "as far as a signature may be off", date: -900, believed: -900),
    Row(testDescription: "further than a signature may be off", date: -901, believed: nil),
    Row(testDescription: "an hour ahead", date: 3600, believed: nil),
    Row(testDescription: "1970", date: -now / 1000, believed: nil),
    Row(testDescription: "out of a cache", date: -300, fields: [("Age", "300")], believed: nil),
    Row(testDescription: "out of a cache, new", date: 0, fields: [("age", "0")], believed: nil),
    Row(testDescription: "through a proxy", date: -300, fields: [("Via", "1.1 proxy")], believed: nil),
    Row(testDescription: "with an empty Via", date: -300, fields: [("VIA", "")], believed: nil),
    Row(testDescription: "a signature by a corrected clock", date: 3605, signature: 3600, believed: 3605),
    Row(
      testDescription: "a signature by a corrected clock, through a proxy", date: 5, fields: [("Via", "1.1 proxy")],
      signature: 3600, believed: 3600),
    Row(
      testDescription: "a signature by a corrected clock, and 1970", date: -now / 1000, signature: 3600, believed: 3600),
    Row(testDescription: "a signature by a corrected clock, no Date", date: nil, signature: -3600, believed: -3600),
    Row(testDescription: "unsigned, an hour ahead", date: 3600, signature: nil, believed: 3600),
    Row(
      testDescription: "unsigned, out of a cache", date: -3600, fields: [("Age", "1")], signature: nil, believed: nil),
  ]

  @Test(arguments: rows)
  private func `A Date is believed where it can be AWS's own`(row: Row) throws {
    let date = row.date.map { [(name: "Date", value: Timestamp.httpDateText(seconds: Self.now / 1000 + $0))] } ?? []
    let response = TransportResponse(status: 200, fields: date + row.fields, body: Secret(""))
    let time = AnswerTime(response, sentAt: Self.now, signedAt: row.signature.map { Self.now + $0 * 1000 })
    #expect(time.date.map { $0 - Self.now } == row.believed.map { $0 * 1000 })
    #expect(time.onOurClock(Self.now) == Self.now - (row.believed ?? 0) * 1000)
  }

  @Test(arguments: ["Thu, 01 Jan 1970 00:00:00 GMT", "Tue, 24 Nov 2026 15:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
  func `A 403 out of a cache corrects no clock`(date: String) {
    let call = ServiceCall<Int>(
      service: .connect, operation: .getFederationToken,
      endpoint: try! Endpoint(url: "http://a", region: Region("us-east-1")), policy: RetryPolicy(), method: "GET",
      path: "/", form: Secret(""), rateLimitKey: "", priority: { .miss }, decode: { _, _ in 0 })
    for (fields, isCorrected) in [
      ([], true), ([(name: "Via", value: "1.1 p")], true), ([(name: "Age", value: "9")], false),
    ] {
      var exchange = ServiceExchange(call, isSigned: true)
      let response = TransportResponse(status: 403, fields: [(name: "Date", value: date)] + fields, body: Secret(""))
      let step = exchange.step(after: .success(response), sentAt: Self.now, signedAt: Self.now, jitter: 0)
      #expect({ if case .correctClock = step { true } else { false } }() == isCorrected)
    }
  }
}
