internal import Outbound
internal import Timestamps

/// When an answer was asked for, and what it says of AWS's clock.
package struct AnswerTime: Sendable, Equatable {
  /// Our clock just before the request left, epoch milliseconds.
  let sentAt: Int64
  /// AWS's clock when it answered, epoch milliseconds; `nil` where nothing but our own clock is to be believed.
  package let date: Int64?

  /// How far the clock of whoever accepted a signature can be from the signature's: AWS refuses what is further off.
  private static let signatureWindow: Int64 = 15 * 60 * 1000

  /// - Parameters:
  ///   - sentAt: Our clock just before the request left, epoch milliseconds.
  ///   - date: AWS's clock, where it is known already.
  package init(sentAt: Int64, date: Int64? = nil) {
    self.sentAt = sentAt
    self.date = date
  }

  /// Reads the `Date` of an answer.
  ///
  /// A `Date` that came with `Age` or `Via` may be that of an earlier answer, or of a proxy's clock. One that is further
  /// from an accepted signature than AWS allows cannot be AWS's. Where it is of no use, an accepted signature that was
  /// made by a corrected clock is the next best.
  ///
  /// - Parameters:
  ///   - response: An answer of status 2xx.
  ///   - sentAt: Our clock just before the request left, epoch milliseconds.
  ///   - signedAt: The time that the signature names, epoch milliseconds; `nil` for an unsigned request.
  init(_ response: TransportResponse, sentAt: Int64, signedAt: Int64?) {
    self.sentAt = sentAt
    let isFirstHand = response["Age"] == nil && response["Via"] == nil
    let date = isFirstHand ? response["Date"].flatMap(Timestamp.httpDate) : nil
    guard let signedAt else {
      self.date = date
      return
    }
    let isPossible =
      date.map { (signedAt - Self.signatureWindow...signedAt + Self.signatureWindow).contains($0) } == true
    self.date = isPossible ? date : signedAt == sentAt ? nil : signedAt
  }

  /// A time by AWS's clock as our own would show it, epoch milliseconds.
  func onOurClock(_ time: Int64) -> Int64 { time - (date.map { $0 - sentAt } ?? 0) }
}
