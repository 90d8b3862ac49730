extension Duration {
  /// Whole milliseconds, rounded down and held within ±35,000 years, so that sums of a few cannot overflow.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let limit: Int64 = 1 << 40
    return min(max(seconds, -limit), limit) * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
