import Secrets
import Testing

@testable import LocalAPI

struct OneTimeCodesTests {
  private var codes = OneTimeCodes<String>()

  @Test("A code is good until 30 s have passed", arguments: [(0, "sales"), (29_999, "sales"), (30_000, nil)])
  mutating func lifetime(passed: Int64, grant: String?) {
    codes.add(Secret("code"), for: "sales", now: 1000)
    #expect(codes.grant(of: Secret("code"), now: 1000 + passed) == grant)
  }

  @Test("A code that is spent is good for nothing, and no other one is spent with it")
  mutating func spent() {
    codes.add(Secret("one"), for: "sales", now: 0)
    codes.add(Secret("two"), for: "support", now: 0)
    codes.spend(Secret("one"))
    #expect(codes.grant(of: Secret("one"), now: 0) == nil)
    #expect(codes.grant(of: Secret("two"), now: 0) == "support")
  }

  @Test("What is no code is good for nothing", arguments: ["", "cod", "code ", "Code"])
  mutating func unknown(code: String) {
    codes.add(Secret("code"), for: "sales", now: 0)
    #expect(codes.grant(of: Secret(code), now: 0) == nil)
  }

  @Test("The oldest code makes room, once there are too many")
  mutating func bounded() {
    let capacity = OneTimeCodes<String>.capacity
    for number in 0...capacity { codes.add(Secret("code \(number)"), for: "\(number)", now: 0) }
    #expect(codes.grant(of: Secret("code 0"), now: 0) == nil)
    #expect(codes.grant(of: Secret("code 1"), now: 0) == "1")
    #expect(codes.grant(of: Secret("code \(capacity)"), now: 0) == "\(capacity)")
  }
}
