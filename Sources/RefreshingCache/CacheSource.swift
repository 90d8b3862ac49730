public import Clocks
internal import Synchronization

/// Where the values of a `RefreshingCache` come from.
public protocol CacheSource: Sendable {
  associatedtype Key: Hashable & Sendable
  associatedtype Value: Sendable
  associatedtype Failure: CacheFailure

  /// Fetches the value for `key`.
  ///
  /// Takes as long as the origin takes; the cache bounds each caller's wait. Ends soon, with any error, once the calling
  /// task is cancelled: a shutdown waits for that.
  func fetch(_ key: Key, order: FetchOrder) async throws(Failure) -> Fetched<Value>

  /// Whether a failure of one key's fetch that `rejectsSiblings` concerns the other key too.
  static func areSiblings(_ key: Key, _ other: Key) -> Bool
}

/// Why a fetch brought no value.
public protocol CacheFailure: Error, Sendable, Equatable {
  var verdict: Verdict { get }
  /// Seconds after which asking again may help.
  var retryAfter: Int? { get }
  /// The same failure, with the seconds after which the cache itself asks again.
  func retrying(after seconds: Int) -> Self
}

/// What a failed fetch says about the values that are cached.
public enum Verdict: Sendable, Equatable {
  /// Nothing: they are served while they live.
  case transient
  /// Nothing either. The origin did not hear of the attempt, so asking again soon costs it nothing.
  case unreachable
  /// Nothing either. The source did not ask the origin, since its own queue was too long for a caller to wait for.
  case notAsked
  /// Nothing either. The origin refused because too many ask: nobody asks for the key again before a pause.
  case throttled
  /// The key's value was taken away: it is not served any longer.
  case rejects
  /// The values of all its siblings were taken away as well.
  case rejectsSiblings
}

/// Why a fetch is made.
public enum FetchCause: String, Sendable, Equatable {
  /// A request found nothing live.
  case miss
  /// A caller insisted although a live value was cached.
  case forced
  /// The cache's own: ahead of expiry, or to fill a warm key.
  case background
}

/// Why a fetch is made, and how urgent it has become.
public final class FetchOrder: Sendable {
  /// Why it was started.
  public let cause: FetchCause
  private let wasMissed = Atomic(false)

  init(_ cause: FetchCause) {
    self.cause = cause
  }

  /// Whether a caller waits for it who has no live value.
  public var isUrgent: Bool { cause == .miss || wasMissed.load(ordering: .relaxed) }

  func hasten() { wasMissed.store(true, ordering: .relaxed) }
}

/// What a fetch brought.
public struct Fetched<Value: Sendable>: Sendable {
  /// The value itself.
  public let value: Value
  /// When the value's life ends by the origin's clock, epoch milliseconds; `nil` if the origin did not say.
  public let expiration: Milliseconds?
  /// What the origin's clock said when it answered, epoch milliseconds.
  public let originDate: Milliseconds?
  /// The origin's id of the call, for logs.
  public let requestID: String?
  /// A moment before the request left that brought the value; `nil` stands for the start of the fetch.
  public let sentAt: Moment?

  /// Makes what a fetch returns; all but the value and its expiration may be unknown.
  public init(
    _ value: Value, expiration: Milliseconds?, originDate: Milliseconds? = nil, requestID: String? = nil,
    sentAt: Moment? = nil
  ) {
    self.value = value
    self.expiration = expiration
    self.originDate = originDate
    self.requestID = requestID
    self.sentAt = sentAt
  }
}
