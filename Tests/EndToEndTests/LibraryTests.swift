import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Machines on which libcurl cannot be used: the dynamic linker finds another one first.
@Suite(.timeLimit(.minutes(10)))
struct LibraryTests {
  enum Obstacle: CaseIterable {
    case missing
    case tooOld

    var words: String {
      switch self {
      case .missing: "which cannot be loaded (Debian's package libcurl4)"
      case .tooOld: "libcurl 7.86.0 is too old: 7.87 or later is needed (Debian's package libcurl4)"
      }
    }

    /// Puts a library in the directory that no call can use.
    func install(in directory: ScratchDirectory) async throws {
      guard self == .tooOld else {
        _ = directory.write("libcurl.so.4", "this is no library")
        return
      }
      let source = directory.write(
        "old.c",
        """
        struct { int age; const char *version; unsigned number; } information = {0, "7.86.0", 0x075600};
        const void *curl_version_info(int age) { return &information; }
        """)
      let compiler = try await LoggedProcess.run(
        "/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", "\(directory.path)/libcurl.so.4", source],
        environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""])
      try #require(compiler.status == 0, "\(compiler.error)")
    }
  }

  private let directory = ScratchDirectory()

  private var environment: [String: String] {
    Deployment.environment(directory).merging(["LD_LIBRARY_PATH": directory.path]) { $1 }
  }

  @Test("What calls AWS says which package is missing, and exits with 69", arguments: Obstacle.allCases)
  func callsOfAWS(obstacle: Obstacle) async throws {
    try await obstacle.install(in: directory)
    let file = directory.write("fedbroker.toml", "listen = [\"127.0.0.1:0\"]")
    let commands = [
      ["serve", "--config", file], ["check-config", file],
      ["get-federation-token", "--instance-id", "demo", "--region", "us-east-1", "--direct"],
    ]
    for command in commands {
      let result = try await LoggedProcess.run(Deployment.binary, command, environment: environment)
      #expect(result.status == 69, "\(command)")
      #expect(result.error.contains(obstacle.words), "\(command): \(result.error)")
    }
  }

  @Test("An emulator, and commands that only ask the daemon, need no libcurl", arguments: Obstacle.allCases)
  func others(obstacle: Obstacle) async throws {
    try await obstacle.install(in: directory)
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo", "--listen", "unix:\(directory.path)/socket"],
      environment: environment)
    try await daemon.line(containing: "fetched a token")
    let broker = ["--broker", "unix:\(directory.path)/socket"]
    for command in [
      ["health"], ["status"], ["sign-in", "demo", "--print"], ["get-federation-token", "--instance-id", "demo"],
    ] {
      let result = try await LoggedProcess.run(Deployment.binary, command + broker, environment: environment)
      // There is no TCP listener that a browser could use.
      let expected: Int32 = command.first == "sign-in" ? 1 : 0
      #expect(result.status == expected, "\(command): \(result.error)")
    }
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
  }
}
