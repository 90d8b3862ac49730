/// A time or a span of time in milliseconds: the unit of all times inside the daemon.
///
/// Its declaration says which clock it is of.
public typealias Milliseconds = Int64

extension Duration {
  /// Whole milliseconds, rounded down and held within ±35,000 years, so that sums of a few cannot overflow.
  public var milliseconds: Milliseconds {
    let (seconds, attoseconds) = components
    let limit: Int64 = 1 << 40
    return min(max(seconds, -limit), limit) * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
