import FoundationEssentials
import Glibc
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

/// What the daemon takes from itself, seen from outside.
@Suite(.timeLimit(.minutes(10)))
struct SandboxTests {
  private let directory = ScratchDirectory()
  private let elsewhere = ScratchDirectory()

  private func serve(
    _ configuration: String, emulates: Bool = true, _ changes: [String: String] = [:]
  ) throws -> LoggedProcess {
    let file = directory.write("fedbroker.toml", configuration)
    return try LoggedProcess(
      Deployment.binary, ["serve", "--config", file, "--listen", "127.0.0.1:0"] + (emulates ? ["--emulate"] : []),
      environment: Deployment.environment(directory).merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
        .merging(changes) { $1 })
  }

  private func stop(_ daemon: LoggedProcess) async {
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
  }

  /// The values of a line of `/proc/PID/task/TID/status`, of all threads.
  private func values(_ name: String, of daemon: LoggedProcess) throws -> Set<String> {
    let tasks = "/proc/\(daemon.identifier)/task"
    return Set(
      try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap { task in
        let status = try? String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
        return status?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
          .map { $0.dropFirst(name.count + 1).drop(while: \.isWhitespace) }.map(String.init)
      })
  }

  @Test("Every thread is in it, unless one key says otherwise", arguments: [true, false])
  func threads(isOn: Bool) async throws {
    let daemon = try serve("sandbox = \(isOn)\ninstance_id = [\"demo\"]\n")
    try await daemon.line(containing: "fetched a token")
    #expect(try values("Seccomp", of: daemon) == [isOn ? "2" : "0"])
    #expect(try values("NoNewPrivs", of: daemon) == [isOn ? "1" : "0"])
    #expect(daemon.standardError.contains("info: sandbox files=\"landlock") == isOn)
    #expect(!daemon.standardError.contains("a part of the sandbox is missing"))
    await stop(daemon)
  }

  @Test("A file that the configuration does not name is not read, whatever leads to it", arguments: [true, false])
  func foreignFile(isOn: Bool) async throws {
    let daemon = try serve("sandbox = \(isOn)\n")
    try await daemon.line(containing: " ready ")
    let file = "\(directory.path)/fedbroker.toml"
    unlink(file)
    #expect(symlink(elsewhere.write("fedbroker.toml", "log_level = \"debug\"\nsandbox = \(isOn)\n"), file) == 0)
    daemon.signal(SIGHUP)
    if isOn {
      let line = try await daemon.line(containing: "the former configuration stays in force")
      #expect(line.contains("Permission denied"))
    } else {
      try await daemon.line(containing: ": reloaded ")
    }
    await stop(daemon)
  }

  @Test("A reload that needs a file beyond it says that a restart is needed, and the rest goes on")
  func reload() async throws {
    let daemon = try serve("")
    try await daemon.line(containing: " ready ")
    directory.write("fedbroker.toml", "token_file = \"\(elsewhere.path)/token\"\n")
    daemon.signal(SIGHUP)
    let line = try await daemon.line(containing: "the former configuration stays in force")
    #expect(line.contains("\(elsewhere.path)/token is outside the sandbox of this process, which its start has set"))
    #expect(line.contains("restart fedbroker"))
    directory.write(
      "fedbroker.toml", "token_file = \"\(directory.path)/fedbroker/other\"\nadmin_listen = [\"127.0.0.1:0\"]\n")
    daemon.signal(SIGHUP)
    try await daemon.line(containing: ": reloaded ")
    #expect(access("\(directory.path)/fedbroker/other", F_OK) == 0)
    await stop(daemon)
    // What it was told to do is right at a start.
    directory.write("fedbroker.toml", "token_file = \"\(elsewhere.path)/token\"\n")
    let restarted = try serve("token_file = \"\(elsewhere.path)/token\"\n")
    try await restarted.line(containing: " ready ")
    await stop(restarted)
  }

  @Test("A credential_process runs and reads what it needs; one that comes later is not executed")
  func programs() async throws {
    let (emulator, address) = try await Deployment.startEmulator([])
    let keys =
      #"{"Version":1,"AccessKeyId":"\#(Deployment.accessKeyID)","SecretAccessKey":"\#(Deployment.secretAccessKey)"}"#
    let program = elsewhere.write("credentials.sh", "cat '\(elsewhere.write("keys", keys))'\n")
    let process = "[default]\nregion = us-east-1\ncredential_process = sh \(program)\n"
    let variables = [
      "AWS_CONFIG_FILE": directory.write("config", process), "AWS_ENDPOINT_URL_CONNECT": "http://\(address)",
    ]
    let daemon = try serve("instance_id = [\"demo\"]\n", emulates: false, variables)
    try await daemon.line(containing: "fetched a token")
    #expect(daemon.standardError.contains("files=\"not restricted, for credential_process\""))
    #expect(try values("Seccomp", of: daemon) == ["2"])
    await stop(daemon)

    directory.write("config", "[default]\nregion = us-east-1\n")
    let later = try serve("instance_id = [\"demo\"]\n", emulates: false, variables)
    try await later.line(containing: "there are no credentials for this identity")
    directory.write("config", process)
    try await later.line(containing: "restart fedbroker")
    #expect(!later.standardError.contains("fetched a token"))
    later.signal(SIGHUP)
    let line = try await later.line(containing: "the former configuration stays in force")
    #expect(line.contains("executes no credential_process: restart fedbroker"))
    await stop(later)
    emulator.signal(SIGKILL)
  }

  /// How keys come to be in the credentials file.
  enum Arrival: CaseIterable, Sendable {
    case inPlace, replaced, swapped, later, directoryLater, homeLater

    /// What of the way to the file is there when the daemon starts.
    var isThere: Bool { [.inPlace, .replaced, .swapped].contains(self) }

    /// What a shell does, in the directory, to put the file `next` in place.
    var script: String {
      switch self {
      case .inPlace, .later: "cat next > home/.aws/credentials"
      case .replaced: "mv next home/.aws/credentials"
      case .directoryLater, .homeLater: "mkdir -p home/.aws && mv next home/.aws/credentials"
      case .swapped:
        """
        new=..$(date +%N) && mkdir -p home/.aws/$new && mv next home/.aws/$new/credentials && cd home/.aws \
        && ln -s $new ..next && mv -T ..next ..data && ln -sfn ..data/credentials credentials
        """
      }
    }
  }

  @Test("AWS files that are replaced, swapped or made later are found", arguments: Arrival.allCases)
  func files(arrival: Arrival) async throws {
    let connect = connectNamingSigners()
    func put(_ key: String) {
      directory.write("next", "[default]\naws_access_key_id = \(key)\naws_secret_access_key = s\n")
      #expect(ChildProcess.run(["sh", "-c", "cd '\(directory.path)' && \(arrival.script)"]).status == 0)
    }
    if arrival != .homeLater { mkdir("\(directory.path)/home", 0o700) }
    if arrival.isThere || arrival == .later { mkdir("\(directory.path)/home/.aws", 0o700) }
    if arrival.isThere { put("OLDKEY") }
    let daemon = try await LoneDaemon(
      in: directory, endpoint: connect.url,
      environment: [
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": "\(directory.path)/home",
      ])
    #expect(daemon.process.standardError.contains("sandbox files=\"landlock"))
    let first = try await daemon.ask()
    #expect(arrival.isThere ? first.body.exposed.contains("\"OLDKEY\"") : first.status == 503)
    for key in ["KEY2", "KEY3"] {
      put(key)
      let answer = try await daemon.ask("POST", "/v1/instances/demo/refresh")
      #expect(answer.body.exposed.contains("\"\(key)\""), "\(answer.body.exposed)")
    }
    await daemon.stop()
  }

  @Test("The audit log that was moved away is made anew, and a token file that was replaced counts")
  func rotation() async throws {
    let log = "\(directory.path)/audit.jsonl"
    let daemon = try await LoneDaemon(
      in: directory, endpoint: connectNamingSigners().url, configuration: "[audit]\nfile = \"\(log)\"\n")
    #expect(rename(log, "\(log).1") == 0)
    daemon.process.signal(SIGHUP)
    try await daemon.process.line(containing: ": reloaded ")
    #expect(try String(contentsOfFile: log, encoding: .utf8).contains("\"reload\""))
    let token = String(repeating: "r", count: 43)
    directory.write("fedbroker/new", token)
    #expect(chmod("\(directory.path)/fedbroker/new", 0o600) == 0)
    #expect(rename("\(directory.path)/fedbroker/new", "\(directory.path)/fedbroker/token") == 0)
    try await daemon.process.line(containing: "the token file has changed")
    let answer = try await CurlTransport().send(
      TransportRequest(
        method: "GET", url: "http://\(daemon.address)/v1/instances",
        fields: [("Authorization", Secret("Bearer \(token)"))], bypassesProxy: true))
    #expect(answer.status == 200)
    await daemon.stop()
  }

  @Test("Where the kernel has no Landlock, the daemon says so and serves")
  func withoutLandlock() async throws {
    // A filter that answers as such a kernel does.
    let script = """
      import ctypes, os, struct, sys
      landlock_create_ruleset = 444
      steps = [(0x20, 0, 0, 0), (0x15, 0, 1, landlock_create_ruleset), (0x06, 0, 0, 0x50000 | 38), (0x06, 0, 0, 0x7FFF0000)]
      program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
      filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program)))
      libc = ctypes.CDLL(None, use_errno=True)
      assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter, 0, 0) == 0
      os.execv(sys.argv[1], sys.argv[1:])
      """
    let file = directory.write("fedbroker.toml", "instance_id = [\"demo\"]\n")
    let daemon = try LoggedProcess(
      "python3", ["-c", script, Deployment.binary, "serve", "--emulate", "--config", file, "--listen", "127.0.0.1:0"],
      environment: Deployment.environment(directory))
    try await daemon.line(containing: "fetched a token")
    #expect(
      daemon.standardError.contains("a part of the sandbox is missing: neither kernel nor service manager allow it")
        && daemon.standardError.contains("missing=\"files: Landlock: Function not implemented\""))
    #expect(try values("Seccomp_filters", of: daemon) == ["2"])
    await stop(daemon)
  }
}
