import TestSupport
import Testing

@testable import Client

@Suite struct LocalKeyPairTests {
  private static let token = "0123456789abcdef0123456789abcdef0123456789a"

  private func keyPair(_ environment: [String: String] = [:]) throws -> LocalKeyPair {
    let directory = ScratchDirectory()
    let file = directory.write("token", Self.token)
    return try LocalKeyPair(environment: environment.merging(["FEDBROKER_TOKEN_FILE": file]) { $1 })
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
    #expect(try keyPair(environment).shellCommands.hasSuffix("\n" + expected))
  }

  @Test("An SDK is pointed at the first TCP address")
  func address() throws {
    let listen = "unix:/run/fedbroker/fedbroker.sock,[::1]:9999,127.0.0.1:9998"
    let commands = try keyPair(["FEDBROKER_LISTEN": listen]).shellCommands
    #expect(commands.hasPrefix("export AWS_ENDPOINT_URL_CONNECT='http://[::1]:9999'\n"))
    #expect(commands.hasSuffix("export NO_PROXY=::1\n"))
    let broker = try keyPair(["FEDBROKER_LISTEN": listen, "FEDBROKER_BROKER": "http://localhost:1234/"]).shellCommands
    #expect(broker.contains("=http://127.0.0.1:1234\n"))
  }

  @Test("A profile's name cannot add lines or sections", arguments: ["", "a\nb", "a]", "a b", "\"a\"", "a#b"])
  func profileName(name: String) throws {
    #expect(throws: LocalKeyPair.Unavailable.self) { try keyPair().profile(named: name) }
  }

  @Test("Without a token nothing is printed but why")
  func missing() {
    #expect(throws: LocalKeyPair.Unavailable.self) {
      try LocalKeyPair(environment: ["FEDBROKER_TOKEN_FILE": "/nonexistent/token"])
    }
  }
}
