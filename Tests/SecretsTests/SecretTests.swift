import Secrets
import Testing

struct SecretTests {
  /// Not within the function: the name of a local type is printed with an address, which may hold any digits.
  struct Holder { var secret: Secret }

  @Test("Nothing that prints a value shows a secret")
  func printing() {
    let secret = Secret("canary")
    var dumped = ""
    dump(Holder(secret: secret), to: &dumped)
    for text in [
      "\(secret)", String(describing: secret), String(reflecting: secret), "\(Holder(secret: secret))", dumped,
    ] {
      #expect(!text.contains("canary"))
      #expect(!text.contains("99"), "the bytes of the text, as numbers")
    }
  }

  @Test("The bytes come back", arguments: [0, 1, 63, 64, 65, 4096, 16_384, 16_385, 65_536, 200_000])
  func bytes(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let secret = Secret(bytes)
    #expect(secret.count == count)
    #expect(secret.isEmpty == (count == 0))
    #expect(secret.withBytes { span in span.indices.map { span[$0] } } == bytes)
  }

  @Test("A builder grows beyond its first capacity and keeps what it had")
  func growing() {
    let secret = Secret(capacity: 4) { builder in
      builder.append("abc")
      builder.append(Secret("defgh"))
      builder.append(UInt8(ascii: "i"))
      builder.append(contentsOf: Array("jkl".utf8))
    }
    #expect(secret.exposed == "abcdefghijkl")
  }

  @Test("A builder that fails leaves no secret")
  func failing() {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try Secret(capacity: 8) { (builder) throws(Failure) in
        builder.append("half")
        throw Failure()
      }
    }
  }

  @Test(
    "Only the same bytes are equal",
    arguments: [("", "", true), ("a", "a", true), ("a", "b", false), ("a", "aa", false), ("abc", "abd", false)])
  func equality(left: String, right: String, expected: Bool) {
    #expect((Secret(left) == Secret(right)) == expected)
    #expect(Secret(left).constantTimeEquals(Array(right.utf8).span) == expected)
  }

  @Test("Memory is wiped when the last copy goes, and not before")
  func wiping() {
    let pattern = [UInt8](repeating: 0xA5, count: 10_000)
    var secret: Secret? = Secret(pattern)
    var copy = secret
    let address = secret?.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } ?? 0
    secret = nil
    #expect(copy?.withBytes { span in span.indices.allSatisfy { span[$0] == 0xA5 } } == true)
    copy = nil
    // The arena keeps the block mapped. Should another test hold it by now, its bytes are others than these.
    let memory = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: pattern.count)
    #expect(!memory.contains(0xA5))
  }
}
