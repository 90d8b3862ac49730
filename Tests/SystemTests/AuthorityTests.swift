import System
import Testing

struct AuthorityTests {
  @Test(
    "A host is read with its port, in lower case, a name without its last dot and an address without brackets",
    arguments: [
      ("Desk.Example", "desk.example", nil), ("desk.example.:80", "desk.example", 80), ("127.0.0.1:0", "127.0.0.1", 0),
      ("[::1]", "::1", nil), ("[FD00::1]:65535", "fd00::1", 65535), ("a_b-c", "a_b-c", nil), ("desk:", "desk", nil),
    ] as [(String, String, UInt16?)])
  func parts(text: String, host: String, port: UInt16?) throws {
    let authority = try #require(Authority(text))
    #expect(authority.host == host)
    #expect(authority.port == port)
  }

  @Test(
    "Any other text is none",
    arguments: [
      "", ".", ":80", "a b", "user@host", "host:65536", "host:+80", "host:-1", "host:8 0", "host:80:80", "[]", "[::1",
      "::1",
      "[desk]", "[::1]80", "a/b", "zürich", "a%20b",
    ])
  func others(text: String) {
    #expect(Authority(text) == nil)
  }
}
