import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

struct LogWriterTests {
  private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() {
      var descriptors: [Int32] = [0, 0]
      // Not a pipe, which Swift cannot make close-on-exec at once: a child started meanwhile would keep it open.
      precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &descriptors) == 0)
      (reading, writing) = (descriptors[0], descriptors[1])
    }

    func readToEnd() -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(reading, &buffer, buffer.count)
        guard count > 0 else { break }
        bytes += buffer[..<count]
      }
      Glibc.close(reading)
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test("Lines reach the descriptor in order")
  func order() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writing)
    for number in 0..<100 { writer.write(Array("\(number)\n".utf8)) }
    writer.flush()
    close(pipe.writing)
    #expect(pipe.readToEnd() == (0..<100).map { "\($0)\n" }.joined())
  }

  @Test("A reader that stops reading blocks nobody, and is told what it missed")
  func fullPipe() async throws {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writing, capacity: 4096)
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1023) + [UInt8(ascii: "\n")]
    // A pipe holds 64 KiB: most of these have nowhere to go, and the loop ends all the same.
    for _ in 0..<1000 { writer.write(line) }
    // Both block, and Swift has as many threads for tasks as there are cores.
    async let text = RawClient.onThread { pipe.readToEnd() }
    try await RawClient.onThread {
      writer.flush()
      writer.write(Array("the last line\n".utf8))
      writer.flush()
      close(pipe.writing)
    }
    let received = try await text
    #expect(received.contains("log lines were dropped"))
    #expect(received.contains("the last line\n"))
  }

  @Test("A closed log is no reason to fail")
  func closed() {
    let pipe = Pipe()
    close(pipe.reading)
    signal(SIGPIPE, SIG_IGN)
    let writer = LogWriter(descriptor: pipe.writing)
    writer.write(Array("lost\n".utf8))
    writer.flush()
    close(pipe.writing)
  }

  @Test("A line that comes again and again is left out, whatever request it is about, and how often is told later")
  func repeats() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writing)
    let now = Atomic(0)
    let output = LogOutput(format: .journal, level: .debug) { now.load(ordering: .relaxed) }
    let logger = Logger(label: "test") { _ in FormattedLogHandler(output: output, writer: writer) }
    for id in 1...8 { logger.warning("failed", metadata: ["code": "A", "request_id": "\(id)"]) }
    logger.warning("failed", metadata: ["code": "B"])
    for _ in 1...7 { logger.debug("request") }
    now.store(RepeatFilter.windowTime, ordering: .relaxed)
    logger.warning("failed", metadata: ["code": "A"])
    writer.flush()
    close(pipe.writing)
    var lines = (1...5).map { "<4>failed code=A request_id=\($0)" } + ["<4>failed code=B"]
    lines += Array(repeating: "<7>request", count: 7)
    lines += ["<4>left out because it was said too often: failed lines=3", "<4>failed code=A"]
    #expect(pipe.readToEnd() == lines.map { $0 + "\n" }.joined())
  }

  @Test("The handler writes its own metadata and the event's, and keeps to its level")
  func handler() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writing)
    let output = LogOutput(format: .journal, level: .info)
    var logger = Logger(label: "test") { _ in FormattedLogHandler(output: output, writer: writer) }
    logger[metadataKey: "b"] = "own"
    logger.info("seen", metadata: ["a": "1", "c": "3"])
    logger.debug("not seen")
    writer.flush()
    close(pipe.writing)
    #expect(pipe.readToEnd() == "<6>seen a=1 b=own c=3\n")
  }
}
