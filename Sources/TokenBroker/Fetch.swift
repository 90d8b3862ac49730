internal import Clocks

/// A caller that waits for a fetch.
struct Waiter: Sendable {
  typealias ID = UInt64

  enum Demand: Sendable, Equatable {
    /// A token with so many whole seconds to live, if upstream gives such.
    case token(minimumLifetime: Int)
    /// A new token, or the reason why there is none.
    case refresh
  }

  let id: ID
  let demand: Demand
  /// Milliseconds on the boot clock.
  let deadline: Int64
}

/// A call upstream that is under way, with those who wait for it.
struct Fetch: Sendable {
  /// What becomes of the token that comes.
  enum Disposition: Sendable {
    case keep
    /// The entry was forgotten meanwhile: those who wait are answered.
    case answerOnly
    /// Whose credentials ask has changed meanwhile: the token may be another person's and answers nobody.
    case discard
  }

  let cause: FetchCause
  let startedAt: Moment
  var disposition = Disposition.keep
  /// In the order of their deadlines.
  var waiters: [Waiter] = []
}

/// What a fetch brought, its token already made into what is served.
struct FetchResult: Sendable {
  let payload: any AnyObject & Sendable
  /// Epoch milliseconds.
  let expiration: Int64?
  /// Epoch milliseconds.
  let upstreamDate: Int64?
  let requestID: String?
  /// A moment before the request left that brought the token; `nil` stands for the start of the fetch.
  var sentAt: Moment?
}
