import FoundationEssentials
import Glibc
import LocalHTTP
import TestSupport
import Testing

/// The daemon as systemd starts it, which these tests play.
@Suite(.timeLimit(.minutes(10)))
struct SystemdTests {
  private let directory = ScratchDirectory()

  /// Starts the daemon with `sockets`, named `names`; the shell knows the number that the daemon will have.
  private func start(
    _ sockets: [ActivationSocket], names: String, configuration: String = "", environment: [String: String] = [:],
    arguments: String = "--instance-id demo"
  ) throws -> LoggedProcess {
    let file = directory.write("fedbroker.toml", configuration)
    return try LoggedProcess(
      "/bin/sh",
      ["-c", "LISTEN_PID=$$ exec '\(Deployment.binary)' serve --emulate --config '\(file)' \(arguments)"],
      environment: Deployment.environment(directory).merging([
        "LISTEN_FDS": "\(sockets.count)", "LISTEN_FDNAMES": names,
      ]) { $1 }.merging(environment) { $1 },
      sockets: sockets)
  }

  private func status(_ path: String, at address: ListenAddress) async throws -> Int {
    try await RawClient.with(address) { client in
      try client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      return try client.readResponse().status
    }
  }

  @Test(
    "As process 1 of a container it ends on SIGTERM while its start is not done yet",
    .enabled(if: geteuid() == 0, "needs root"))
  func endsDuringStart() async throws {
    let notify = NotifySocket("@fedbroker-first\(directory.path)")
    let other = LoopbackServer { $0.waitForClose() }
    // A shell ends the process: a test that is waited for by others would come after the last attempt.
    let script = """
      mkfifo log
      unshare --pid --fork '\(Deployment.binary)' serve --emulate --listen 127.0.0.1:\(other.port) 2>log &
      container=$!
      while read -r line; do
        case $line in
          *"trying again in 1 s"*) kill -TERM "$(cat "/proc/$container/task/$container/children")" ;;
        esac
      done <log
      wait "$container"
      """
    let result = try await LoggedProcess.run(
      "sh", ["-c", "cd '\(directory.path)'\n\(script)"],
      environment: Deployment.environment(directory).merging(["NOTIFY_SOCKET": notify.name]) { $1 })
    #expect(result.status == 128 + SIGTERM, "\(result.error)")
  }

  @Test("It serves on the sockets that it is given, and tells when it is ready, alive, reloading and stopping")
  func life() async throws {
    let socket = "\(directory.path)/api.sock"
    let sockets = [ActivationSocket(), ActivationSocket(path: socket), ActivationSocket()]
    let notify = NotifySocket("@fedbroker-test\(directory.path)")
    let daemon = try start(
      sockets, names: "api:api:admin", environment: ["NOTIFY_SOCKET": notify.name, "WATCHDOG_USEC": "200000"])
    let ready = try await notify.next()
    #expect(ready["READY"] == "1")
    #expect(ready["STATUS"] == "Serving on \(sockets[0].address),unix:\(socket)")
    let line = try await daemon.line(containing: " ready ")
    #expect(try Deployment.value("listen", in: line) == "\(sockets[0].address),unix:\(socket)")
    #expect(try Deployment.value("admin_listen", in: line) == "\(sockets[2].address)")
    #expect(try await status("/v1/instances", at: sockets[0].address) == 401)
    #expect(try await status("/v1/instances", at: sockets[1].address) == 200)
    #expect(try await status("/metrics", at: sockets[2].address) == 200)
    for _ in 0..<3 { #expect(try await notify.next("WATCHDOG")["WATCHDOG"] == "1") }

    daemon.signal(SIGHUP)
    let reloading = try await notify.next("RELOADING")
    #expect(Int(reloading["MONOTONIC_USEC"] ?? "") ?? 0 > 0)
    #expect(try await notify.next("READY")["READY"] == "1")

    daemon.signal(SIGTERM)
    #expect(try await notify.next("STOPPING")["STOPPING"] == "1")
    #expect(await daemon.exitStatus() == 0)
    #expect(access(socket, F_OK) == 0)
  }

  @Test("Who connects while the daemon is restarted is answered by the next one")
  func restart() async throws {
    let socket = ActivationSocket(path: "\(directory.path)/api.sock")
    let former = try start([socket], names: "api")
    try await former.line(containing: " ready ")
    former.signal(SIGTERM)
    #expect(await former.exitStatus() == 0)
    let client = try RawClient(socket.address)
    try client.send("GET /v1/instances HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let next = try start([socket], names: "api")
    #expect(try await RawClient.onThread { try client.readResponse().status } == 200)
    next.signal(SIGTERM)
    await next.exitStatus()
  }

  @Test("A configured address that is equal to a given one is that socket, and others are bound beside it")
  func adoption() async throws {
    let socket = ActivationSocket()
    let daemon = try start([socket], names: "api", arguments: "--listen \(socket.address) --listen 127.0.0.1:0")
    let listen = try Deployment.value("listen", in: try await daemon.line(containing: " ready ")).split(separator: ",")
    #expect(listen.count == 2)
    #expect(listen.first == Substring(socket.address.description))
    daemon.signal(SIGTERM)
    await daemon.exitStatus()
  }

  @Test("A socket that other machines can reach is refused unless the configuration allows it")
  func openSocket() async throws {
    let socket = ActivationSocket(isOpenToAll: true)
    let refused = try start([socket], names: "api")
    #expect(await refused.exitStatus() == 78)
    #expect(refused.standardError.contains("\(socket.address): other machines can reach this inherited socket"))
    let admin = try start([socket], names: "admin", arguments: "--listen 127.0.0.1:0")
    try await admin.line(containing: " ready ")
    admin.signal(SIGTERM)
    await admin.exitStatus()
    let allowed = try start([socket], names: "api", configuration: "allow_non_loopback = true\n")
    try await allowed.line(containing: " ready ")
    allowed.signal(SIGTERM)
    await allowed.exitStatus()
  }

  @Test("A token that systemd provides is used, and not replaced")
  func credential() async throws {
    mkdir("\(directory.path)/credentials", 0o700)
    let token = String(repeating: "c", count: 43)
    directory.write("credentials/token", token)
    let socket = ActivationSocket()
    let daemon = try start(
      [socket], names: "api", environment: ["CREDENTIALS_DIRECTORY": "\(directory.path)/credentials"])
    let line = try await daemon.line(containing: " ready ")
    #expect(try Deployment.value("token_file", in: line) == "\(directory.path)/credentials/token")
    let status = try await RawClient.with(socket.address) { client in
      try client.send("GET /v1/instances HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n")
      return try client.readResponse().status
    }
    #expect(status == 200)
    daemon.signal(SIGTERM)
    await daemon.exitStatus()
  }
}

/// The units, as systemd's own tools see them.
@Suite(.enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0), .timeLimit(.minutes(10)))
struct UnitFileTests {
  private static let units = "\(Deployment.sourceRoot)/systemd"

  @Test("The service's exposure is at most 1.5")
  func exposure() async throws {
    let result = try await LoggedProcess.run(
      "/usr/bin/systemd-analyze",
      ["security", "--offline=true", "--no-pager", "--threshold=15", "\(Self.units)/fedbroker.service"])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("Overall exposure level"))
  }

  @Test(
    "systemd has no complaint",
    arguments: [
      ["fedbroker.service", "fedbroker.socket"], ["--user", "user/fedbroker.service"],
      ["--user", "user/fedbroker-watch@.service"],
    ])
  func verify(arguments: [String]) async throws {
    let directory = ScratchDirectory()
    var command: [String] = []
    for argument in arguments {
      guard !argument.hasPrefix("--") else {
        command.append(argument)
        continue
      }
      // The binary that the units name is not installed here.
      let unit = try String(contentsOfFile: "\(Self.units)/\(argument)", encoding: .utf8)
        .replacing("/usr/bin/fedbroker", with: Deployment.binary)
      let name = argument.split(separator: "/").last.map(String.init) ?? argument
      command.append(directory.write(name, unit))
    }
    let result = try await LoggedProcess.run(
      "/usr/bin/systemd-analyze", ["verify", "--man=no"] + command,
      environment: ["XDG_RUNTIME_DIR": directory.path, "PATH": "/usr/bin:/bin"])
    #expect(result.status == 0)
    #expect(result.error == "")
  }
}
