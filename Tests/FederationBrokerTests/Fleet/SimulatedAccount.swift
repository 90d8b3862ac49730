import AWS
import Clocks

/// An account's quota in one region, as AWS keeps it: a bucket for all who call, and outages.
struct SimulatedAccount {
  enum Answer: Equatable {
    case token
    case throttled
    case unavailable
  }

  let rate: Double
  let burst: Double
  /// Milliseconds of the simulation, in which every call is answered with 503.
  var outages: [Range<Milliseconds>] = []
  private var level: Double
  private var filledAt: Milliseconds = 0
  private(set) var calls: [Answer: Int] = [:]

  /// - Parameter level: How many calls the bucket has room for at the start; `nil` stands for a full one.
  init(rate: Double = 2, burst: Double = 5, level: Double? = nil) {
    self.rate = rate
    self.burst = burst
    self.level = level ?? burst
  }

  var callCount: Int { calls.values.reduce(0, +) }

  mutating func call(at now: Milliseconds) -> Answer {
    let answer = answer(at: now)
    calls[answer, default: 0] += 1
    return answer
  }

  private mutating func answer(at now: Milliseconds) -> Answer {
    if outages.contains(where: { $0.contains(now) }) { return .unavailable }
    level = min(burst, level + Double(now - filledAt) * rate / 1000)
    filledAt = now
    guard level >= 1 else { return .throttled }
    level -= 1
    return .token
  }

  /// When the last of those who arrive at `arrivals` has its token, if each calls in the moment that has a place for it.
  static func ideal(_ arrivals: [Milliseconds], rate: Double = 2, burst: Double = 5) -> Double {
    var (level, time) = (burst, 0.0)
    var filledAt = 0.0
    for arrival in arrivals.sorted() {
      time = max(time, Double(arrival))
      level = min(burst, level + (time - filledAt) * rate / 1000)
      filledAt = time
      if level < 1 {
        time += (1 - level) * 1000 / rate
        (level, filledAt) = (1, time)
      }
      level -= 1
    }
    return time
  }
}

/// Random numbers that a seed repeats (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
