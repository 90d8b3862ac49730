import Testing

@testable import AWS

struct TokenBucketTests {
  var bucket = TokenBucket(rate: 2, burst: 5, now: 0)

  mutating func takeAll(now: Int64) -> Int {
    var taken = 0
    while bucket.take(now: now) { taken += 1 }
    return taken
  }

  @Test mutating func `five calls at once, then two a second`() {
    #expect(takeAll(now: 0) == 5)
    #expect(bucket.nextPlace(now: 0) == 500)
    #expect(takeAll(now: 499) == 0)
    #expect(takeAll(now: 500) == 1)
    #expect(takeAll(now: 10_500) == 5)
  }

  @Test mutating func `throttling halves the rate and takes the burst, down to a floor`() {
    for (second, rate) in zip(Int64(1)..., [1.0, 0.5, 0.5]) {
      bucket.slowDown(now: second * 1000)
      #expect(bucket.rate == rate)
    }
    #expect(takeAll(now: 3000) == 0)
    #expect(bucket.nextPlace(now: 3000) == 5000)
  }

  @Test mutating func `calls that are throttled together halve the rate once`() {
    bucket.slowDown(now: 0)
    bucket.slowDown(now: 999)
    #expect(bucket.rate == 1)
    bucket.slowDown(now: 1000)
    #expect(bucket.rate == 0.5)
  }

  @Test mutating func `answers raise the rate again, to what is configured and not beyond`() {
    bucket.slowDown(now: 0)
    for _ in 0..<4 { bucket.speedUp(now: 0) }
    #expect(bucket.rate < 2)
    for _ in 0..<20 { bucket.speedUp(now: 0) }
    #expect(bucket.rate == 2)
  }

  @Test mutating func `a configured rate below the floor is not raised by throttling`() {
    bucket = TokenBucket(rate: 0.2, burst: 1, now: 0)
    bucket.slowDown(now: 0)
    #expect(bucket.rate == 0.2)
  }

  @Test mutating func `a bucket is as good as new once it is full at the full rate`() {
    #expect(bucket.isFresh(now: 0))
    _ = bucket.take(now: 0)
    #expect(!bucket.isFresh(now: 499))
    #expect(bucket.isFresh(now: 500))
    bucket.slowDown(now: 500)
    #expect(!bucket.isFresh(now: 1_000_000))
  }

  @Test mutating func `a clock read out of order takes nothing back`() {
    #expect(takeAll(now: 1000) == 5)
    #expect(takeAll(now: 500) == 0)
    #expect(bucket.nextPlace(now: 500) == 1500)
  }
}
