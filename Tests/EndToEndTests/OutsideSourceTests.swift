import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import Synchronization
import TestSupport
import Testing

/// Services of credentials that are slow, wrong, huge or hostile, as the real program takes them.
///
/// One after the other: each daemon takes one of the 128 inotify instances that the kernel gives a user.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct OutsideSourceTests {
  private static let path = "/v1/instances/demo"

  @Test(arguments: OutsideSource.allCases, ["GET", "POST", "DELETE", "HUP"])
  func `A source that drips holds its credentials no longer than a request waits`(
    source: OutsideSource, event: String
  ) async throws {
    let spoilt = Atomic(0)
    let fixture = OutsideSourceFixture(source) { connection in
      guard spoilt.add(1, ordering: .relaxed).newValue == 1 else { return false }
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
      connection.drip(String(repeating: " ", count: 9999), every: 100)
      return true
    }
    let daemon = try await fixture.start(
      configuration: "request_timeout = \"1s\"\n", firstProcess: "while :; do printf ' '; sleep 0.1; done")
    #expect(try await daemon.ask("GET", "\(Self.path)/token").status == 504)
    switch event {
    case "POST": #expect(try await daemon.ask("POST", "\(Self.path)/refresh").status == 200)
    case "DELETE": #expect(try await daemon.ask("DELETE", "\(Self.path)/token").status == 204)
    case "HUP":
      daemon.process.signal(SIGHUP)
      try await daemon.process.line(containing: ": reloaded ")
    default: break
    }
    let answer = try await daemon.ask("GET", "\(Self.path)/token")
    #expect(answer.status == 200, "\(answer.body.exposed)")
    await daemon.stop()
  }

  @Test(arguments: OutsideSource.allCases)
  func `An expiration out of range is refused with a message, whoever gives it`(source: OutsideSource) async throws {
    let times = [
      "1e-9223372036854775808", "1e9223372036854775807", "-9223372036854775808", "9223372036854775807", "1e400",
      "-1e400", "253402300800000000", "-18446744073709551616", "1e18", "-9223372036854775809", "1e-400e1", "0x7fffffff",
      "99999-01-01T00:00:00Z", "2026-13-01T00:00:00Z",
    ]
    let time = Mutex("")
    let fixture = OutsideSourceFixture(source, expiration: { time.withLock { $0 } })
    let daemon = try await fixture.start()
    for (number, text) in times.enumerated() {
      time.withLock { $0 = text }
      if source == .process { fixture.writeProcessAnswer(expiration: text) }
      let answer = try await daemon.ask("GET", "/v1/instances/i\(number)/token")
      #expect([502, 503].contains(answer.status), "\(text): \(answer.status) \(answer.body.exposed)")
    }
    // The process is the one of before, and mends by itself.
    time.withLock { $0 = OutsideSourceFixture.goodExpiration }
    if source == .process { fixture.writeProcessAnswer(expiration: OutsideSourceFixture.goodExpiration) }
    let answer = try await daemon.ask("GET", "\(Self.path)/token")
    #expect(answer.status == 200, "\(answer.body.exposed)")
    await daemon.stop()
  }

  @Test(arguments: OutsideSource.services)
  func `A redirect is followed by no source`(source: OutsideSource) async throws {
    let canary = LoopbackServer { _ = $0.readRequest() }
    let status = Mutex("")
    let location = "Location: \(canary.url)/\r\n"
    let fixture = OutsideSourceFixture(source) { connection in
      connection.respond("{}", status: status.withLock { $0 }, fields: location)
      return true
    }
    let daemon = try await fixture.start()
    for (number, text) in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"].enumerated() {
      status.withLock { $0 = text }
      let answer = try await daemon.ask("GET", "/v1/instances/i\(number)/token")
      #expect([502, 503].contains(answer.status), "\(text): \(answer.status) \(answer.body.exposed)")
    }
    #expect(canary.connectionCount == 0)
    await daemon.stop()
  }

  /// An answer without an end, or that grows when it is unpacked.
  private enum Excess: CaseIterable {
    case body, chunks, fields, fieldLine, bomb

    func send(to connection: LoopbackServer.Connection) {
      let start = "HTTP/1.1 200 OK\r\n"
      let block = String(repeating: "x", count: 65_536)
      switch self {
      case .body: _ = connection.write(start + "Content-Length: 99999999999\r\n\r\n")
      case .chunks: _ = connection.write(start + "Transfer-Encoding: chunked\r\n\r\n")
      case .fields: _ = connection.write(start)
      case .fieldLine: _ = connection.write(start + "X: ")
      case .bomb:
        let fields = "Content-Encoding: gzip\r\nContent-Length: \(Self.packed.count)\r\n"
        connection.write(start + fields + "\r\n")
        connection.write(Self.packed)
        return
      }
      while true {
        let isRead =
          switch self {
          case .body, .fieldLine, .bomb: connection.write(block)
          case .chunks: connection.write("10000\r\n\(block)\r\n")
          case .fields: connection.write("X: y\r\n")
          }
        guard isRead else { return }
      }
    }

    /// A thousandth of what is in it.
    private static let packed: [UInt8] = {
      let directory = ScratchDirectory()
      let file = "\(directory.path)/bomb"
      let result = ChildProcess.run(["sh", "-c", "head -c 100000000 /dev/zero | gzip -9 > '\(file)'"])
      precondition(result.status == 0)
      return Array(FileManager.default.contents(atPath: file) ?? Data())
    }()
  }

  @Test(arguments: OutsideSource.services)
  func `An answer without an end is cut off, and costs no memory`(source: OutsideSource) async throws {
    let excess = Mutex(Excess.body)
    let fixture = OutsideSourceFixture(source) { connection in
      let next = excess.withLock { $0 }
      next.send(to: connection)
      return true
    }
    let daemon = try await fixture.start()
    let before = try ProcessStatus(of: daemon.process).anonymousKilobytes
    for (number, next) in Excess.allCases.enumerated() {
      excess.withLock { $0 = next }
      let answer = try await daemon.ask("GET", "/v1/instances/i\(number)/token")
      // Metadata has a second, which a busy machine may need for the part that counts.
      #expect([502, 503, 504].contains(answer.status), "\(next): \(answer.status) \(answer.body.exposed)")
    }
    let growth = try ProcessStatus(of: daemon.process).anonymousKilobytes - before
    #expect(growth < 24 * 1024, "\(growth) KiB more")
    await daemon.stop()
  }

  @Test func `Forty requests at once for forty instances assume a role once`() async throws {
    let fixture = OutsideSourceFixture(.role)
    let daemon = try await fixture.start(configuration: "[upstream]\nrate = 1000\nburst = 1000\n")
    let statuses = try await withThrowingTaskGroup { group in
      for number in 0..<40 {
        group.addTask { try await daemon.ask("GET", "/v1/instances/i\(number)/token").status }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses == Array(repeating: 200, count: 40))
    #expect(fixture.requests.count { $0.contains("Action=AssumeRole&") } == 1)
    await daemon.stop()
  }

  @Test func `A projected token that is swapped by its directory counts for the next call`() async throws {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let fixture = OutsideSourceFixture(.webIdentity) { _ in
      arrival.yield()
      return false
    }
    let volume = "\(fixture.directory.path)"
    /// As the kubelet does: the files in a new directory, one rename of a link, and the end of the directory before.
    func project(_ name: String, _ token: String) {
      let script = """
        cd '\(volume)' && mkdir '..\(name)' && printf %s '\(token)' > '..\(name)/token' \
        && former=$(readlink ..data); ln -s '..\(name)' ..data_tmp && mv -T ..data_tmp ..data && rm -rf "$former"
        """
      #expect(ChildProcess.run(["sh", "-c", script]).status == 0)
    }
    let daemon = try await fixture.start()
    // The fixture wrote a plain file; from now on it is the volume's.
    project("2026_1", "first.identity.token")
    #expect(ChildProcess.run(["sh", "-c", "cd '\(volume)' && rm token && ln -s ..data/token token"]).status == 0)
    #expect(try await daemon.ask("GET", "\(Self.path)/token").status == 200)
    #expect(fixture.requests.last?.contains("WebIdentityToken=first.identity.token") == true)
    for number in 2...4 {
      project("2026_\(number)", "identity.token.\(number)")
      var iterator = arrivals.makeAsyncIterator()
      while fixture.requests.last?.contains("WebIdentityToken=identity.token.\(number)") != true {
        _ = await iterator.next()
      }
      #expect(try await daemon.ask("GET", "\(Self.path)/token").status == 200)
    }
    await daemon.stop()
  }

  @Test func `A file that is rewritten piece by piece is never half of one and half of the other`() async throws {
    let connect = connectNamingSigners()
    let directory = ScratchDirectory()
    func text(_ name: String) -> String { "[default]\naws_access_key_id = \(name)\naws_secret_access_key = s\n" }
    let file = directory.write("credentials", text("OLDKEY"))
    let daemon = try await LoneDaemon(
      in: directory, endpoint: connect.url,
      environment: [
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": file,
        "AWS_EC2_METADATA_DISABLED": "true",
      ])
    func key(_ method: String = "GET", _ path: String = "/token") async throws -> String? {
      let answer = try await daemon.ask(method, "\(Self.path)\(path)")
      #expect([200, 503].contains(answer.status), "\(answer.status) \(answer.body.exposed)")
      return try SecretJSON(parsing: answer.body)["Credentials"]?["AccessToken"]?.string
    }
    #expect(try await key() == "OLDKEY")
    let lines = text("NEWKEY").split(separator: "\n")
    for count in 0...lines.count {
      directory.write("credentials", lines.prefix(count).map { "\($0)\n" }.joined())
      let key = try await key()
      #expect(key == nil || key == "OLDKEY" || key == "NEWKEY")
    }
    #expect(try await key("POST", "/refresh") == "NEWKEY")
    #expect(try await key() == "NEWKEY")
    await daemon.stop()
  }

  @Test(arguments: [3600, -3600])
  func `A clock that is an hour off is corrected for five cold instances at once`(seconds: Int) async throws {
    let deployment = try await Deployment(emulator: ["--clock-offset=\(seconds)"])
    let answers = try await withThrowingTaskGroup { group in
      for number in 0..<5 {
        group.addTask { try await deployment.ask("GET", "/v1/instances/cold\(number)/token").status }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == [200, 200, 200, 200, 200])
    for number in 0..<5 {
      let hit = try await deployment.ask("GET", "/v1/instances/cold\(number)/token")
      #expect(hit["Cache-Status"]?.hasPrefix("fedbroker; hit; ttl=8") == true)
    }
    await deployment.stop()
  }
}
