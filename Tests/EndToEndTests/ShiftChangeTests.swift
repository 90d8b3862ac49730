import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

/// The next person signs in under the same profile, while the daemon runs and holds the former one's token.
@Suite(.timeLimit(.minutes(10)))
struct ShiftChangeTests {
  private let directory = ScratchDirectory()
  private let connect = connectNamingSigners()
  /// Knows that `BEN2` is `BEN1`'s other key, and nobody else.
  private let sts: LoopbackServer
  /// Who asks STS who they are, as they come.
  private let askers: AsyncStream<String>

  init() {
    let (askers, arrivals) = AsyncStream.makeStream(of: String.self)
    self.askers = askers
    sts = LoopbackServer { connection in
      while let request = connection.readRequest() {
        let key = String(request.split(separator: "Credential=").last?.split(separator: "/").first ?? "")
        if key.hasPrefix("BEN") {
          connection.respond(
            "<R><GetCallerIdentityResult><Arn>arn:ben</Arn><UserId>ben</UserId></GetCallerIdentityResult></R>")
        } else {
          connection.respond("", status: "403 Forbidden")
        }
        arrivals.yield(key)
      }
    }
  }

  private func signIn(_ id: String) {
    directory.write("credentials", "[default]\naws_access_key_id = \(id)\naws_secret_access_key = secret-of-\(id)\n")
  }

  @Test("A token of the former person is never served again, and one's own outlives a new key")
  func staticKeys() async throws {
    signIn("ANA")
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--listen", "127.0.0.1:0", "--endpoint-url", connect.url],
      environment: Deployment.environment(directory).merging([
        "AWS_SHARED_CREDENTIALS_FILE": "\(directory.path)/credentials", "AWS_CONFIG_FILE": "/dev/null",
        "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_STS": sts.url, "AWS_EC2_METADATA_DISABLED": "true",
      ]) { $1 })
    let address = try Deployment.value("listen", in: try await daemon.line(containing: " ready ")).split(
      separator: ",")[0]
    let token = try String(contentsOfFile: "\(directory.path)/fedbroker/token", encoding: .utf8)
    let client = CurlTransport()
    func ask() async throws -> (key: String?, status: Int, cacheStatus: String) {
      let response = try await client.send(
        TransportRequest(
          method: "GET", url: "http://\(address)/v1/instances/demo/token",
          fields: [("Authorization", Secret("Bearer \(token)"))], bypassesProxy: true))
      let key = (try? SecretJSON(parsing: response.body))?["Credentials"]?["AccessToken"]?.string
      return (key, response.status, response["Cache-Status"] ?? "")
    }
    #expect(try await ask().key == "ANA")
    signIn("BEN1")
    try await daemon.line(containing: "AWS credentials changed")
    #expect(try await ask().key == "BEN1")
    signIn("BEN2")
    // Ben's first key is asked about twice: beside Ana's, and beside Ben's other one.
    var asked = askers.filter { $0 == "BEN1" }.makeAsyncIterator()
    for _ in 0..<2 { _ = await asked.next() }
    let kept = try await ask()
    #expect(kept.key == "BEN1" && kept.cacheStatus.contains("hit"))
    directory.remove("credentials")
    try await daemon.line(containing: "AWS credentials changed", count: 2)
    #expect(try await ask().status == 503)
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
    #expect(daemon.standardError.split(separator: "\n").count { $0.contains("AWS credentials changed") } == 2)
    #expect(!daemon.standardError.contains("secret-of"))
  }
}
