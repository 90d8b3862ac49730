import Glibc
import Secrets
import System
import TestSupport
import Testing

struct SpawnedProcessTests {
  private let directory = ScratchDirectory()

  @Test func `A program gets its streams, exactly its environment and no other descriptor`() throws {
    let path = directory.write("output", "")
    let output = open(path, O_WRONLY)
    defer { close(output) }
    let leaked = open("/dev/null", O_RDONLY)
    defer { close(leaked) }
    let pid = try SpawnedProcess.start(
      ["/bin/sh", "-c", "echo $NAME $HOME; read line || echo empty; ls /proc/$$/fd | tr '\\n' ' '"],
      environment: ["NAME": "value", "PATH": "/usr/bin:/bin"], output: .descriptor(output), errors: .nothing)
    var status: Int32 = 0
    #expect(waitpid(pid, &status, 0) == pid)
    #expect(try FileContents(path: path).bytes.exposed.hasPrefix("value\nempty\n0 1 2 "))
    #expect(try !FileContents(path: path).bytes.exposed.contains(" \(leaked) "))
  }

  @Test func `A program leads its own group, with no signal ignored`() throws {
    signal(SIGPIPE, SIG_IGN)
    let pid = try SpawnedProcess.start(
      ["sh", "-c", "kill -PIPE $$; exit 7"], output: .nothing, errors: .nothing)
    #expect(getpgid(pid) == pid)
    var status: Int32 = 0
    #expect(waitpid(pid, &status, 0) == pid)
    #expect(status & 0x7F == SIGPIPE)
  }

  @Test func `A program that is not there is an error`() {
    let error = #expect(throws: SystemError.self) {
      try SpawnedProcess.start(["/nowhere/program"], output: .nothing, errors: .nothing)
    }
    #expect(error == SystemError(call: "posix_spawn", code: ENOENT))
  }
}
