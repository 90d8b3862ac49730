public import Clocks

/// What happened in a cache, for logs and metrics.
///
/// Holds no value.
public enum CacheEvent<Source: CacheSource>: Sendable, Equatable {
  /// The origin gave a value.
  ///
  /// `lifetime` is what the origin granted, `nil` if it did not say; `isKept` is false for a value that only answered
  /// the callers that waited.
  case fetched(Source.Key, FetchCause, lifetime: Milliseconds?, isKept: Bool, requestID: String?)
  /// A fetch failed; a live value, if there is one, goes on being served.
  case fetchFailed(Source.Key, FetchCause, Source.Failure)
  /// A fetch failed definitely: the value was erased, live or not.
  case rejected(Source.Key, FetchCause, Source.Failure)
  /// A value reached its expiry and was erased: the expected end of a key that nobody asks for.
  case lapsed(Source.Key)
  /// An entry made room for another.
  case evicted(Source.Key)
  /// An entry was forgotten on request, or because the value may now be another caller's.
  case erased(Source.Key)
}

/// Why a caller gets no value.
public enum CacheError<Failure: CacheFailure>: Error, Sendable, Equatable {
  /// The fetch failed.
  case source(Failure)
  /// `CacheSettings.requestTimeout` passed; the fetch goes on.
  case requestTimedOut
  /// `RefreshingCache.suspend` is in force.
  case suspended
  case shuttingDown
  /// The calling task was cancelled; the fetch goes on for the others.
  case cancelled
}
