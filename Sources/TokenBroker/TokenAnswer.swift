/// A token as its callers get it.
package struct TokenAnswer<Payload: AnyObject & Sendable>: Sendable {
  /// What was made of the token when it came.
  package let payload: Payload
  /// Whole seconds since the token came, rounded down.
  package let age: Int
  /// Whole seconds the token has left, rounded down, 0 if its life is over already; `nil` if upstream did not say.
  package let remaining: Int?
  /// Whether it came from the cache.
  package let isHit: Bool

  /// Gives the stored object its type back.
  ///
  /// Sound because a broker's state holds only what the same broker's `makePayload` returned, which is a `Payload`.
  init(_ stored: StoredAnswer) {
    payload = unsafe unsafeDowncast(stored.payload, to: Payload.self)
    age = stored.age
    remaining = stored.remaining
    isHit = stored.isHit
  }
}

/// A `TokenAnswer` whose payload has lost its type.
///
/// The state of the cache is not generic, so that the compiler specializes the path of a hit inside this module
/// wherever the payload's type is defined.
struct StoredAnswer: Sendable {
  let payload: any AnyObject & Sendable
  let age: Int
  let remaining: Int?
  let isHit: Bool
}
