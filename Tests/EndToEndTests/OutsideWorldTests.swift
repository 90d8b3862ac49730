import FoundationEssentials
import Glibc
import Outbound
import Secrets
import Synchronization
import TestSupport
import Testing

/// What comes from outside late, wrong or hostile, as the real program takes it.
///
/// One after the other: each daemon takes one of the 128 inotify instances that the kernel gives a user.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct OutsideWorldTests {
  /// What a server answers.
  private final class Script: Sendable {
    let calls = Atomic(0)
    let answer = Mutex("")
  }

  private static let answer = """
    {"Credentials":{"AccessToken":"t","AccessTokenExpiration":4102444800},"SignInUrl":"https://a.example/"}
    """

  @Test(arguments: [
    "http://ana:hun/hunter2@proxy:3128", "http://ana:hunter2?@proxy:3128", "http://ana:hunter2#@proxy:3128",
    "http://ana:12/hunter2@proxy:3128", "http://ana:hunter2@proxy:3128\n", "http://ana:hunter2@proxy:99999",
    "ftp://ana:hunter2@proxy:21", "sock5://ana:hunter2@proxy:1080", "http://ana:hunter2@",
    "http://ana:hunter2@pro xy:1",
    "http:ana:hunter2@proxy:1", "http://ana:hunter2%00@proxy:3128",
  ])
  func `A proxy that cannot be read is said at the start, and its password nowhere`(proxy: String) async throws {
    let daemon = try await LoneDaemon(
      endpoint: "https://connect.invalid", ["--instance-id", "demo"], environment: ["HTTPS_PROXY": proxy])
    let words = "HTTPS_PROXY is not http://[user:password@]host[:port]: "
    #expect(daemon.process.standardError.contains(words))
    let answer = try await daemon.ask("GET", "/v1/instances/demo/token")
    #expect(answer.status == 502)
    #expect(answer.body.exposed.contains(words))
    let list = try await daemon.ask("GET", "/v1/instances").body.exposed
    #expect(list.contains("UpstreamUnreachable"))
    await daemon.stop()
    for text in [answer.body.exposed, list, daemon.process.standardError] {
      #expect(!text.contains("hunter2") && !text.contains("ana:"))
    }
  }

  @Test(arguments: [
    "1", "2", "3", "5", "9", "17", "33", "64", "65", "-1", "2147483647", "2147483648", "9223372036854775808", "",
    "soon",
  ])
  func `Descriptors that were not passed end the start, and not the process`(count: String) async throws {
    let directory = ScratchDirectory()
    let script = "LISTEN_PID=$$ LISTEN_FDS='\(count)' exec \(Deployment.binary) serve --emulate --listen 127.0.0.1:0"
    let result = try await LoggedProcess.run("sh", ["-c", script], environment: Deployment.environment(directory))
    #expect(result.status == 78, "\(result.error)")
    #expect(result.error.contains("LISTEN_FDS"))
  }

  @Test(arguments: ["GET", "POST", "DELETE", "HUP"])
  func `An answer that drips holds its key no longer than a request waits`(event: String) async throws {
    let script = Script()
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil {
        if script.calls.add(1, ordering: .relaxed).newValue > 1 { return connection.respond(Self.answer) }
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        connection.drip(String(repeating: "x", count: 9999), every: 100)
      }
    }
    let daemon = try await LoneDaemon(endpoint: server.url, configuration: "request_timeout = \"1s\"\n")
    let path = "/v1/instances/demo"
    #expect(try await daemon.ask("GET", "\(path)/token").status == 504)
    switch event {
    case "POST": #expect(try await daemon.ask("POST", "\(path)/refresh").status == 200)
    case "DELETE": #expect(try await daemon.ask("DELETE", "\(path)/token").status == 204)
    case "HUP":
      daemon.process.signal(SIGHUP)
      try await daemon.process.line(containing: " reloaded ")
    default: break
    }
    #expect(try await daemon.ask("GET", "\(path)/token").status == 200)
    #expect(server.requests.count == 2)
    await daemon.stop()
  }

  @Test(arguments: [
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "Date: Mon, 13 Nov 2023 22:13:20 GMT\r\nAge: 86400\r\n",
    "Date: Mon, 13 Nov 2023 22:13:20 GMT\r\nVia: 1.1 proxy\r\n", "Date: Mon, 13 Nov 2023 22:13:20 GMT\r\n",
    "Date: Monday, 13-Nov-23 22:13:20 GMT\r\n", "Date: Mon Nov 13 22:13:20 2023\r\n", "Date: 0\r\n", "Date:\r\n",
    "Date: Thu, 01 Jan 0001 00:00:00 GMT\r\n",
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
    "Date: Thu, 32 Jan 99999999999999999999 99:99:99 GMT\r\n", "Age: 99999999999999999999\r\n", "",
  ])
  func `A Date that cannot be AWS's makes no expired token live`(fields: String) async throws {
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil {
        connection.respond(
          Self.answer.replacing("4102444800", with: "1700000000"), fields: fields)
      }
    }
    let daemon = try await LoneDaemon(endpoint: server.url)
    for _ in 0..<2 {
      let answer = try await daemon.ask("GET", "/v1/instances/demo/token")
      #expect(answer.status == 200)
      #expect(answer["Cache-Status"]?.hasPrefix("fedbroker; fwd=miss") == true)
    }
    await daemon.stop()
  }

  @Test(arguments: [
    "1e-9223372036854775808", "1e9223372036854775807", "-1e-9223372036854775808", "253402300800",
    "\"1e-9223372036854775808\"", "\"-9223372036854775808\"", "\"99999-01-01T00:00:00Z\"", "1e400", "-62135596801",
    "\"2026-13-01T00:00:00Z\"", "\"0000-00-00\"",
  ])
  func `A time out of range is refused with a message`(time: String) async throws {
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil { connection.respond(Self.answer.replacing("4102444800", with: time)) }
    }
    let daemon = try await LoneDaemon(endpoint: server.url)
    let answer = try await daemon.ask("GET", "/v1/instances/demo/token")
    #expect(answer.status == 502)
    #expect(answer.body.exposed.contains("AccessTokenExpiration that is not a time"))
    await daemon.stop()
  }

  @Test(
    arguments: [
      [0xFF], [0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98],
      [0xF5, 0x80, 0x80, 0x80],
      [0x0D], [0x0A], [0x00], [0x1B], Array(#"\ud800"#.utf8), Array(#"\udc00\ud800"#.utf8), Array(#"\u0000"#.utf8),
      Array(#"\r\n"#.utf8), [0xE2, 0x80, 0xA8], [0x7F],
    ] as [[UInt8]])
  func `Whatever bytes come in an answer, text without control characters goes out`(bytes: [UInt8]) async throws {
    let parts = Self.answer.replacing("a.example/", with: "a.example/|").split(separator: "|").map { Array($0.utf8) }
    let body = parts[0] + bytes + parts[1]
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
        connection.write(body)
      }
    }
    let daemon = try await LoneDaemon(endpoint: server.url)
    for path in ["demo/token", "demo/token?field=SignInUrl", "demo/token?field=Credentials.AccessToken"] {
      let answer = try await daemon.ask("GET", "/v1/instances/\(path)")
      #expect([200, 502].contains(answer.status))
      let isText = answer.body.withBytes { bytes in
        let copy = bytes.indices.map { bytes[$0] }
        return String(validating: copy, as: UTF8.self) != nil && copy.allSatisfy { $0 >= 0x20 }
      }
      #expect(isText, "\(path): \(answer.body.exposed.debugDescription)")
    }
    await daemon.stop()
  }

  @Test func `Bytes that are not text, and line breaks in a field, reach no answer as they are`() async throws {
    let script = Script()
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil { connection.respond(script.answer.withLock { $0 }) }
    }
    let daemon = try await LoneDaemon(endpoint: server.url)
    for escape in ["\\r\\n", "\\n", "\\u0000", "\\u001b[2J", "\\u007f", "\\t"] {
      script.answer.withLock { $0 = Self.answer.replacing("a.example/", with: "a.example/\(escape)x") }
      let field = try await daemon.ask("GET", "/v1/instances/demo\(escape.count)/token?field=SignInUrl")
      #expect(field.status == 502)
      let whole = try await daemon.ask("GET", "/v1/instances/demo\(escape.count)/token")
      #expect(whole.status == 200)
      let isEscaped = whole.body.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] >= 0x20 } }
      #expect(isEscaped)
      _ = try await daemon.ask("DELETE", "/v1/instances/demo\(escape.count)/token")
    }
    await daemon.stop()
  }

  @Test(arguments: [
    (["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"], "demo: it is warm, but has no region"),
    (["AWS_REGION": "us-east-1"], "demo: it is warm, but has no credentials: no AWS credentials"),
    (["AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a"], "AWS_SECRET_ACCESS_KEY is not"),
    (["AWS_REGION": "us-east-1", "AWS_PROFILE": "gone"], "profile (gone) is neither in"),
    (["AWS_REGION": "us-east-1", "HTTPS_PROXY": "ftp://a:hunter2@b"], "HTTPS_PROXY is not http://"),
  ])
  func `check-config says what stands between a warm instance and its token`(
    environment: [String: String], words: String
  ) async throws {
    let directory = ScratchDirectory()
    let file = directory.write("fedbroker.toml", "[instances.demo]\nid = \"demo\"\nwarm = true\n")
    let result = try await LoggedProcess.run(
      Deployment.binary, ["check-config", file],
      environment: Deployment.environment(directory).merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
        .merging(environment) { $1 })
    #expect(result.status == 0)
    #expect(result.error.contains("warning: "))
    #expect(result.error.contains(words))
    #expect(!result.error.contains("hunter2") && !result.output.contains("hunter2"))
  }

  @Test func `A warm instance without a region says so in the log and in its state`() async throws {
    let daemon = try await LoneDaemon(
      endpoint: "http://127.0.0.1:1", ["--instance-id", "demo"],
      environment: ["AWS_REGION": "", "AWS_EC2_METADATA_DISABLED": "true"])
    try await daemon.process.line(containing: "a warm instance has no region")
    let list = try await daemon.ask("GET", "/v1/instances").body.exposed
    #expect(list.contains("\"code\":\"NoRegion\""))
    await daemon.stop()
  }
}
