import Clocks
import Glibc
import Outbound
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import Valkey

/// Steps against a real server.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct StoreClientTests {
  /// What a client reports, to be waited for.
  final class Reports: Sendable {
    private let stream: AsyncStream<StoreError?>
    let yield: @Sendable (StoreError?) -> Void

    init() {
      let (stream, source) = AsyncStream.makeStream(of: StoreError?.self)
      self.stream = stream
      yield = { source.yield($0) }
    }

    /// The next report of a failure, or of none.
    func next(isFailure: Bool) async -> StoreError? {
      for await report in stream where (report != nil) == isFailure { return report }
      return nil
    }
  }

  static let probe = Command("SET", "probe", "1", "PX", "1000")

  private static func client(
    _ address: String, user: String? = nil, caBundle: String? = nil, timeout: Int64 = 1000, _ reports: Reports? = nil,
    password: @escaping PasswordSource = { () throws(StoreError) in nil }
  ) throws -> StoreClient {
    var settings = StoreSettings(address: try ServerAddress(parsing: address))
    settings.user = user
    settings.caBundle = caBundle
    settings.timeout = timeout
    let clock = try SystemClock()
    return StoreClient(
      settings, password: password, probe: probe, on: OutboundThread(), clock: clock, jitter: { _ in 0 }
    ) { reports?.yield($0) }
  }

  @Test func `commands are answered over TCP and over a unix socket`() async throws {
    let server = RedisServer()
    for address in [
      "valkey://127.0.0.1:\(server.port)", "valkey://localhost:\(server.port)", "unix:\(server.socketPath)",
    ] {
      let client = try Self.client(address)
      defer { client.end() }
      let large = Secret([UInt8](repeating: 7, count: 200_000))
      let replies = try await client.perform([
        Command("SET", "key", .secret(large)), Command("GET", "key"), Command("GET", "none"), Command("PING"),
      ])
      #expect(replies == [.status("OK"), .bulk(large), .null, .status("PONG")])
      #expect(client.isUp)
    }
  }

  @Test func `hundreds of callers at a time each get their own answer`() async throws {
    let server = RedisServer()
    let client = try Self.client("valkey://127.0.0.1:\(server.port)", timeout: 2000)
    defer { client.end() }
    try await withThrowingTaskGroup { group in
      for number in 0..<300 {
        group.addTask {
          try await client.perform([Command("ECHO", .number(Int64(number)))]) == [.bulk(Secret("\(number)"))]
        }
      }
      for try await isOwn in group { #expect(isOwn) }
    }
    // One connection carries them all, beside that of the question.
    #expect(server.command("INFO", "clients").contains("connected_clients:2"))
  }

  @Test func `TLS is verified, the name too, and a user logs in by a password that may change`() async throws {
    let fixture = TLSFixture()
    let server = RedisServer(tls: (fixture, "good"))
    server.command("ACL", "SETUSER", "fedbroker", "on", ">first", "~*", "+@all")
    server.command("CONFIG", "SET", "requirepass", "default-password")
    let password = Mutex("first")
    let address = "valkeys://localhost:\(server.port)"
    let client = try Self.client(address, user: "fedbroker", caBundle: fixture.path("ca.pem")) {
      () throws(StoreError) in
      Secret(password.withLock { $0 })
    }
    #expect(try await client.perform([Command("PING")]) == [.status("PONG")])
    client.end()

    password.withLock { $0 = "second" }
    let second = try Self.client(address, user: "fedbroker", caBundle: fixture.path("ca.pem")) {
      () throws(StoreError) in
      Secret(password.withLock { $0 })
    }
    await #expect(throws: StoreError.self) { try await second.perform([Command("PING")]) }
    await #expect(throws: StoreError.alone) { try await second.perform([Command("PING")]) }
    second.end()

    let distrusting = try Self.client(address, caBundle: fixture.path("other.pem"))
    await #expect(throws: StoreError.self) { try await distrusting.perform([Command("PING")]) }
    distrusting.end()
    let loginless = try Self.client(address, caBundle: fixture.path("ca.pem"))
    let error = await #expect(throws: StoreError.self) { try await loginless.perform([Command("PING")]) }
    #expect(error?.description.hasPrefix("NOAUTH") == true)
    loginless.end()
  }

  @Test func `a certificate for another name is refused`() async throws {
    let fixture = TLSFixture()
    let server = RedisServer(tls: (fixture, "elsewhere"))
    let client = try Self.client("valkeys://localhost:\(server.port)", caBundle: fixture.path("ca.pem"))
    defer { client.end() }
    let error = await #expect(throws: StoreError.self) { try await client.perform([Command("PING")]) }
    #expect(error?.label == "unreachable")
  }

  @Test func `a password that changes is used for the next connection`() async throws {
    let server = RedisServer()
    server.command("CONFIG", "SET", "requirepass", "first")
    let password = Mutex("wrong")
    let reports = Reports()
    let client = try Self.client("valkey://127.0.0.1:\(server.port)", reports) { () throws(StoreError) in
      Secret(password.withLock { $0 })
    }
    defer { client.end() }
    await #expect(throws: StoreError.self) { try await client.perform([Command("PING")]) }
    #expect(await reports.next(isFailure: true)?.description.hasPrefix("WRONGPASS") == true)
    password.withLock { $0 = "first" }
    #expect(await reports.next(isFailure: false) == nil)
    #expect(try await client.perform([Command("PING")]) == [.status("PONG")])
  }

  @Test func `a store that stops answering costs one time-out, and then nothing until a probe finds it well`()
    async throws
  {
    let server = RedisServer()
    let reports = Reports()
    let client = try Self.client("valkey://127.0.0.1:\(server.port)", timeout: 100, reports)
    defer { client.end() }
    _ = try await client.perform([Command("PING")])
    #expect(await reports.next(isFailure: false) == nil)
    server.signal(SIGSTOP)
    await #expect(throws: StoreError.timedOut) { try await client.perform([Command("PING")]) }
    #expect(await reports.next(isFailure: true) == .timedOut)
    for _ in 0..<100 {
      await #expect(throws: StoreError.alone) { try await client.perform([Command("PING")]) }
    }
    server.signal(SIGCONT)
    #expect(await reports.next(isFailure: false) == nil)
    #expect(try await client.perform([Command("PING")]) == [.status("PONG")])
  }

  @Test func `a full store is one that has failed, until it takes writes`() async throws {
    let server = RedisServer(tls: nil, port: nil, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
    let reports = Reports()
    let client = try Self.client("valkey://127.0.0.1:\(server.port)", reports)
    defer { client.end() }
    let error = await #expect(throws: StoreError.self) { try await client.perform([Command("SET", "a", "b")]) }
    #expect(error?.description.hasPrefix("OOM") == true)
    #expect(await reports.next(isFailure: true)?.label == "refused")
    server.command("CONFIG", "SET", "maxmemory", "0")
    #expect(await reports.next(isFailure: false) == nil)
    #expect(try await client.perform([Command("SET", "a", "b")]) == [.status("OK")])
  }

  @Test func `a server that is none, or that closes, has failed`() async throws {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", "+OK", "*99999\r\n", ""] {
      let server = LoopbackServer { connection in
        var buffer = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection.descriptor, &buffer, buffer.count, 0)
        connection.write(answer)
      }
      let client = try Self.client("valkey://127.0.0.1:\(server.port)", timeout: 500)
      defer { client.end() }
      await #expect(throws: StoreError.self, "\(answer)") { try await client.perform([Command("PING")]) }
    }
  }

  @Test func `a reply that nothing asked for is not taken for the next command's`() async throws {
    let server = LoopbackServer { connection in
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = recv(connection.descriptor, &buffer, buffer.count, 0)
      connection.write("+PONG\r\n")
      _ = recv(connection.descriptor, &buffer, buffer.count, 0)
      connection.write("+A\r\n+B\r\n")
      connection.waitForClose()
    }
    let client = try Self.client("valkey://127.0.0.1:\(server.port)", timeout: 500)
    defer { client.end() }
    #expect(try await client.perform([Command("PING")]) == [.status("A")])
    // The connection is closed for it, perhaps only after the next command has gone out on it.
    for _ in 0..<2 {
      if let replies = try? await client.perform([Command("PING")]) { #expect(replies == [.status("A")]) }
    }
  }

  @Test func `an answer that comes byte by byte is the answer`() async throws {
    let server = LoopbackServer { connection in
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = recv(connection.descriptor, &buffer, buffer.count, 0)
      connection.write("+PONG\r\n")
      _ = recv(connection.descriptor, &buffer, buffer.count, 0)
      connection.drip("*2\r\n$5\r\nhello\r\n:12\r\n", every: 1)
      connection.waitForClose()
    }
    let client = try Self.client("valkey://127.0.0.1:\(server.port)", timeout: 2000)
    defer { client.end() }
    #expect(try await client.perform([Command("PING")]) == [.array([.bulk(Secret("hello")), .integer(12)])])
  }

  @Test func `without TLS no server elsewhere is connected to, whoever names it`() async throws {
    let server = LoopbackServer { connection in
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = recv(connection.descriptor, &buffer, buffer.count, 0)
      connection.write("+PONG\r\n")
      while recv(connection.descriptor, &buffer, buffer.count, 0) > 0 {
        connection.write("-MOVED 1 192.0.2.1:6379\r\n")
      }
    }
    let client = try Self.client("valkey+cluster://127.0.0.1:\(server.port)", timeout: 500)
    defer { client.end() }
    let error = await #expect(throws: StoreError.self) { try await client.perform([Command("PING")]) }
    #expect(error?.description.contains("192.0.2.1:6379 is not on this machine") == true)
  }

  @Test func `a listener hears a channel, says when it begins, and begins again`() async throws {
    let server = RedisServer()
    let settings = StoreSettings(address: try ServerAddress(parsing: "valkey://127.0.0.1:\(server.port)"))
    let (events, source) = AsyncStream.makeStream(of: ChannelListener.Event.self)
    let listener = ChannelListener(
      settings, password: { () throws(StoreError) in nil }, channel: "a:{n}", on: OutboundThread(),
      clock: try SystemClock(), jitter: { _ in 0 }
    ) { source.yield($0) }
    listener.start()
    defer { listener.end() }
    var heard = events.makeAsyncIterator()
    #expect(await heard.next() == .begun)
    server.command("PUBLISH", "other", "x")
    server.command("PUBLISH", "a:{n}", "H put")
    #expect(await heard.next() == .message("H put"))
    server.command("CLIENT", "KILL", "TYPE", "pubsub")
    #expect(await heard.next() == .begun)
    server.command("PUBLISH", "a:{n}", "H drop 00")
    #expect(await heard.next() == .message("H drop 00"))
  }
}
