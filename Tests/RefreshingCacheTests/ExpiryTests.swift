import Clocks
import Testing

@testable import RefreshingCache

struct ExpiryTests {
  let sent = start
  let received = start + 2
  let date = start.wall + 7_200_000

  @Test func `without a Date the wall clock is believed`() {
    let expiry = Expiry(expiration: start.wall + 60_000, originDate: nil, sent: sent, received: received)
    #expect(expiry.remaining(at: received) == 58_000)
    #expect(expiry.lifetime == 58_000)
  }

  @Test func `a wall clock that is wrong is corrected by upstream's Date`() {
    let expiry = Expiry(expiration: date + 60_000, originDate: date, sent: sent, received: received)
    #expect(expiry.lifetime == 60_000)
    #expect(expiry.remaining(at: sent) == 60_000 - 999)
  }

  @Test func `latency does not lengthen a life`() {
    let slow = Expiry(expiration: date + 60_000, originDate: date, sent: sent, received: start + 20)
    #expect(slow.remaining(at: start + 20) <= 40_000)
  }

  @Test func `a wall clock set back lengthens no life`() {
    let expiry = Expiry(expiration: start.wall + 60_000, originDate: nil, sent: sent, received: sent)
    let later = Moment(wall: start.wall - 3_600_000, boot: start.boot + 60_000)
    #expect(expiry.remaining(at: later) == 0)
  }

  @Test func `a wall clock set forward ends a life`() {
    let expiry = Expiry(expiration: start.wall + 60_000, originDate: nil, sent: sent, received: sent)
    #expect(expiry.remaining(at: Moment(wall: start.wall + 3_600_000, boot: start.boot + 1)) < 0)
  }

  @Test(arguments: [Int64(-3_600_000), 3_600_000])
  func `a wall clock set during the fetch lengthens no life`(jump: Int64) {
    let after = Moment(wall: start.wall + jump, boot: start.boot + 2_000)
    for upstreamDate in [nil, start.wall] {
      let expiry = Expiry(expiration: start.wall + 60_000, originDate: upstreamDate, sent: sent, received: after)
      #expect(expiry.remaining(at: after) <= 58_000)
    }
  }

  @Test(arguments: [Int64.min, -1, 0, .max])
  func `no time that upstream may write overflows`(time: Int64) {
    for date in [nil, Int64.min, 0, .max] {
      let expiry = Expiry(expiration: time, originDate: date, sent: sent, received: received)
      let isOver = expiry.remaining(at: received) <= 0
      #expect(isOver == (time != .max || date == .max))
    }
  }
}
