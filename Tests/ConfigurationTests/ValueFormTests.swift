import Testing

@testable import Configuration

@Suite("A key")
struct ValueFormTests {
  @Test(
    "takes an instance id of 1 to 100 characters, whatever they are",
    arguments: [("a", true), (String(repeating: "é", count: 100), true), ("a/b:c d", true)]
      + [("", false), (String(repeating: "a", count: 101), false), (".", false), ("..", false), ("a\\tb", false)])
  func instanceID(id: String, isAllowed: Bool) throws {
    #expect(try problems("instance_id = [\"\(id)\"]").isEmpty == isAllowed)
  }

  @Test(
    "takes an endpoint that is an address and nothing more",
    arguments: [
      ("http://127.0.0.1:9999", true), ("https://connect.us-west-2.amazonaws.com/", true), ("https://[::1]:8/a", true),
      ("ftp://h", false), ("https://", false), ("https:///path", false), ("https://h:99999", false),
      ("https://h:+80", false), ("https://h:", false),
      ("https://h/?q", false), ("https://h/#f", false), ("https://a b", false), ("https://[zz]", false),
      ("connect.us-west-2.amazonaws.com", false),
    ])
  func endpoint(url: String, isAllowed: Bool) throws {
    #expect(try problems("endpoint_url = \"\(url)\"").isEmpty == isAllowed)
  }

  @Test(
    "takes an origin as browsers send it",
    arguments: [
      ("https://desk.example.com", true), ("http://localhost:3000", true), ("moz-extension://abc-def", true),
      ("null", false), ("https://desk.example.com/", false), ("https://u@h", false), ("://h", false),
      ("https://", false),
    ])
  func origin(text: String, isAllowed: Bool) throws {
    #expect(try problems("allowed_origins = [\"\(text)\"]").isEmpty == isAllowed)
  }

  @Test(
    "takes a host without a port",
    arguments: [
      ("desk.example.com", "desk.example.com"), ("DESK", "desk"), ("[FD00::1]", "fd00::1"), ("fd00::1", "fd00::1"),
      ("10.0.0.1", "10.0.0.1"), ("", nil), ("a:80", nil), ("[desk]", nil), ("a b", nil), ("*", nil), ("a/b", nil),
    ])
  func host(text: String, stored: String?) throws {
    let loaded = try? load("allowed_hosts = [\"\(text)\"]")
    #expect(loaded?.configuration.allowedHosts == stored.map { [$0] })
  }

  @Test(
    "writes a duration in the largest unit that keeps it whole",
    arguments: [
      ("0ms", "0s"), ("1ms", "1ms"), ("1000ms", "1s"), ("90s", "90s"), ("120s", "2m"), ("60m", "1h"), ("36h", "36h"),
    ])
  func durations(text: String, written: String) {
    #expect(Duration(text: text)?.text == written)
  }

  @Test(
    "takes no other durations",
    arguments: ["", "s", "1", "1 s", "-1s", "+1s", "1.5s", "1m30s", "1d", "1S", "1000000000s", "١s", "1s "])
  func noDuration(text: String) {
    #expect(Duration(text: text) == nil)
  }
}
