import Secrets
import System
import Testing

struct Base64DecodingTests {
  @Test func `what was encoded comes back, of any length`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      for form in [Base64.standard, .url] {
        #expect(form.decode(Secret(form.encode(bytes))) == Secret(bytes), "\(count)")
      }
    }
  }

  @Test(arguments: ["A", "AA", "AA=", "AA==A", "=AAA", "AB==", "AAB=", "A A=", "AA-_", "AAAA=", "AAA=AAAA", "AAAA\n"])
  func `what no encoder writes is refused`(text: String) {
    #expect(Base64.standard.decode(Secret(text)) == nil)
  }
}
