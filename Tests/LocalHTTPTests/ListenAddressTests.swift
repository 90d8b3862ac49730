import Testing

@testable import LocalHTTP

@Suite struct ListenAddressTests {
  @Test(
    "an address is read and printed in its canonical form",
    arguments: [
      ("127.0.0.1:2776", "127.0.0.1:2776", true), ("127.9.9.9:0", "127.9.9.9:0", true), ("[::1]:80", "[::1]:80", true),
      ("[0:0::1]:80", "[::1]:80", true), ("[::FFFF:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", true),
      ("0.0.0.0:80", "0.0.0.0:80", false), ("[::]:80", "[::]:80", false), ("10.1.2.3:65535", "10.1.2.3:65535", false),
      ("unix:/run/a b.sock", "unix:/run/a b.sock", true),
    ])
  func valid(_ text: String, _ printed: String, _ isLoopback: Bool) throws {
    let address = try ListenAddress(parsing: text)
    #expect(address.description == printed)
    #expect(address.isLoopback == isLoopback)
  }

  @Test(
    "what is not an address is refused with what is allowed",
    arguments: [
      "", "2776", ":80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
      "127.1:80", "127.0.0.1:8 0", "::1:80", "[::1]", "[127.0.0.1]:80", "[::1%lo]:80", "[::1:80", "unix:",
      "unix:a.sock",
      "unix:/a\0b", "unix:/\(String(repeating: "a", count: 107))", "tcp:127.0.0.1:80",
    ])
  func invalid(_ text: String) {
    let error = #expect(throws: ListenAddress.ParseError.self) { try ListenAddress(parsing: text) }
    #expect(error?.description.contains("unix:/absolute/path") == true)
  }
}
