import TestSupport
import Testing

@testable import Client

@Suite struct LocalKeyPairTests {
  private static let token = "0123456789abcdef0123456789abcdef0123456789a"

  private func keyPair(_ environment: [String: String] = [:]) throws -> LocalKeyPair {
    let directory = ScratchDirectory()
    let file = directory.write("token", Self.token)
    let places = ["FEDBROKER_TOKEN_FILE": file, "FEDBROKER_BROKER": "http://127.0.0.1:1"]
    return try LocalKeyPair(environment: places.merging(environment) { $1 })
  }

  @Test(
    "The loopback address joins what is excepted from proxies already",
    arguments: [
      ([:], "export NO_PROXY=127.0.0.1\n"), (["NO_PROXY": ""], "export NO_PROXY=127.0.0.1\n"),
      (["NO_PROXY": "example.com"], "export NO_PROXY=example.com,127.0.0.1\n"),
      (["NO_PROXY": "127.0.0.1,a"], "export NO_PROXY=127.0.0.1,a\n"),
      (["no_proxy": "a"], "export no_proxy=a,127.0.0.1\n"),
      (["NO_PROXY": "a", "no_proxy": "b"], "export NO_PROXY=a,127.0.0.1\nexport no_proxy=b,127.0.0.1\n"),
      (["NO_PROXY": "*"], "export NO_PROXY='*'\n"),
    ] as [([String: String], String)])
  func proxies(environment: [String: String], expected: String) throws {
    #expect(try keyPair(environment).commands(for: .sh).hasSuffix("\n" + expected))
  }

  @Test("An SDK is pointed at the first TCP address")
  func address() throws {
    let commands = try keyPair(["FEDBROKER_BROKER": "http://[::1]:1"]).commands(for: .sh)
    #expect(commands.hasPrefix("export AWS_ENDPOINT_URL_CONNECT='http://[::1]:1'\n"))
    #expect(commands.hasSuffix("export NO_PROXY=::1\n"))
    for broker in ["http://localhost:1/", "http://LOCALHOST:1"] {
      #expect(try keyPair(["FEDBROKER_BROKER": broker]).commands(for: .sh).contains("=http://127.0.0.1:1\n"))
    }
  }

  @Test("A profile's name cannot add lines or sections", arguments: ["", "a\nb", "a]", "a b", "\"a\"", "a#b"])
  func profileName(name: String) throws {
    #expect(throws: LocalKeyPair.Unavailable.self) { try keyPair().profile(named: name) }
  }

  @Test("Without a token nothing is printed but why")
  func missing() {
    #expect(throws: LocalKeyPair.Unavailable.self) {
      try LocalKeyPair("http://127.0.0.1:1", environment: ["FEDBROKER_TOKEN_FILE": "/nonexistent/token"])
    }
  }
}
