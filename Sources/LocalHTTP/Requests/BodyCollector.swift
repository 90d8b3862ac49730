internal import System

/// What a request's body is needed for.
package struct BodyUse: Sendable, Equatable {
  /// The most bytes that are kept; a longer body is 413.
  ///
  /// With 0, a body within `Limits.body` is read and dropped.
  package var keptBytes: Int
  /// Whether `Request.bodyDigest` has to be known.
  ///
  /// A body of more than 16 KiB is 413 then, since digests take time.
  package var needsDigest: Bool
  /// Whether anyone may send the request: what is kept of it counts as a stranger's.
  package var isOpen: Bool

  /// Describes the use of a body.
  package init(keptBytes: Int = 0, needsDigest: Bool = false, isOpen: Bool = false) {
    self.keptBytes = keptBytes
    self.needsDigest = needsDigest
    self.isOpen = isOpen
  }
}

/// The part of a body that is kept while it arrives.
struct BodyCollector: Sendable {
  /// The bytes that have arrived, kept or not.
  private(set) var count = 0
  private let use: BodyUse
  private(set) var kept: ReceivedBytes?
  private let digest: RunningDigest?

  init(_ use: BodyUse = BodyUse()) {
    self.use = use
    if use.keptBytes > 0 { kept = ReceivedBytes() }
    digest = use.needsDigest ? RunningDigest() : nil
  }

  private static let digestedBytes = 16 * 1024

  /// The most bytes that the body may have.
  func limit(_ limits: Limits) -> Int {
    let limit = use.keptBytes > 0 ? min(use.keptBytes, limits.body) : limits.body
    return use.needsDigest ? min(limit, Self.digestedBytes) : limit
  }

  mutating func append(_ input: Span<UInt8>, _ range: Range<Int>) {
    count += range.count
    kept?.append(input, range)
    digest?.update(input.extracting(range))
  }

  /// The SHA-256 of all that has arrived, in hexadecimal; `nil` where it is not needed.
  var hexadecimalDigest: String? { digest?.hexadecimal }
}
