import Glibc
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

/// Clients by the thousand that mean no good, and one that does.
///
/// One test after another: each needs most of the descriptors that a process may have.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CrowdTests {
  private static let health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

  init() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  @Test("Of 20,000 connections the cap's number is served, and the admin listener answers all the while")
  func connections() async throws {
    // Those inside wait for longer than a minute where the machine, or a sanitizer, is slow.
    let deployment = try await Deployment(
      serve: ["--admin-listen", "127.0.0.1:0"], configuration: "[limits]\nidle_timeout = \"15m\"\n")
    let address = try ListenAddress(parsing: deployment.address)
    let admin = try ListenAddress(
      parsing: Deployment.value("admin_listen", in: try await deployment.daemon.line(containing: " ready ")))
    try await RawClient.onThread {
      let inside = try Self.open(1024, to: address) { client in
        try client.send(Self.health)
        #expect(try client.readResponse().status == 200)
      }
      let probe = try RawClient(admin)
      var waiting: [RawClient] = []
      for number in 0..<20_000 {
        waiting.append(try RawClient(address))
        // As many at once as the usual hard limit of descriptors allows.
        if waiting.count == 3000 { waiting = [] }
        if number % 500 == 0 {
          try probe.send(Self.health)
          #expect(try probe.readResponse().status == 200)
        }
      }
      waiting = []
      for client in inside {
        try client.send(Self.health)
        #expect(try client.readResponse().status == 200)
      }
    }
    await deployment.stop()
  }

  @Test("A thousand headers that never end cost no one else an answer, and each is told 408")
  func slowSenders() async throws {
    let deployment = try await Deployment(
      serve: ["--instance-id", "demo"],
      configuration: "[limits]\nmax_connections = 2000\nheader_timeout = \"2s\"\n")
    try await deployment.daemon.line(containing: "fetched a token")
    let address = try ListenAddress(parsing: deployment.address)
    let slow = try await RawClient.onThread {
      try Self.open(1000, to: address) { try $0.send("GET /v1/instances/demo/token HTTP/1.1\r\nHost: loc") }
    }
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    try await RawClient.onThread {
      for client in slow {
        // A byte now and then does not lengthen the time that a header may take; it may come too late already.
        try? client.send("a")
        let response = try client.readResponse()
        #expect(response.status == 408)
      }
    }
    await deployment.stop()
  }

  @Test("Two hundred clients that ask and ask and read nothing make the daemon hold one answer each")
  func slowReaders() async throws {
    let socket = "unix:\(ScratchDirectory().path)-s"
    let deployment = try await Deployment(serve: ["--listen", socket, "--instance-id", "demo"])
    try await deployment.daemon.line(containing: "fetched a token")
    let address = try ListenAddress(parsing: socket)
    // More answers than the kernel holds for a client.
    let requests = String(
      repeating: "GET /v1/instances/demo/token HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 200)
    let idle = try ProcessStatus(of: deployment.daemon).residentKilobytes
    let deaf = try await RawClient.onThread {
      try Self.open(200, to: address) { client in
        try client.send(requests)
        // The daemon is at this connection's answers.
        _ = try client.read(count: 1)
      }
    }
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    let loaded = try ProcessStatus(of: deployment.daemon).residentKilobytes
    // At most the requests as they came, in one read of 16 KiB, and a connection's own 8 KiB.
    #expect(loaded - idle < deaf.count * 24)
    await deployment.stop()
  }

  @Test(
    "With 64 descriptors those who find none are let go, the daemon rests meanwhile, and goes on when some are free")
  func descriptors() async throws {
    let directory = ScratchDirectory()
    let daemon = try LoggedProcess(
      "sh",
      [
        "-c", "ulimit -n 64 && exec \"$0\" \"$@\"", Deployment.binary, "serve", "--emulate", "--listen", "127.0.0.1:0",
        "--config", directory.write("fedbroker.toml", "[limits]\nidle_timeout = \"2s\"\n"),
      ], environment: Deployment.environment(directory))
    let ready = try await daemon.line(containing: " ready ")
    let address = try ListenAddress(parsing: try Deployment.value("listen", in: ready))
    let crowd = try await RawClient.onThread { try Self.open(200, to: address) { _ in } }
    try await daemon.line(containing: "no file descriptor is left")
    let ticks = try ProcessStatus(of: daemon).processorTicks
    try await RawClient.onThread {
      // Let go at once, or closed for idling: either way the waiting comes to its end.
      for client in crowd { _ = try? client.readToEnd() }
      let next = try RawClient(address)
      try next.send(Self.health)
      #expect(try next.readResponse().status == 200)
    }
    // Two seconds went by, of which a daemon that span would have used most: 100 ticks are one.
    let spent = try ProcessStatus(of: daemon).processorTicks - ticks
    #expect(spent < 50)
    #expect(daemon.standardError.split(separator: "\n").count { $0.contains("no file descriptor is left") } < 5)
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
  }

  private static func open(
    _ count: Int, to address: ListenAddress, _ body: (RawClient) throws -> Void
  ) throws -> [RawClient] {
    try (0..<count).map { _ in
      let client = try RawClient(address)
      try body(client)
      return client
    }
  }
}
