import Glibc
import Logging
import Telemetry
import TestSupport
import Testing

struct LogWriterTests {
  private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() {
      var descriptors: [Int32] = [0, 0]
      precondition(pipe(&descriptors) == 0)
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
    let reader = RawClient.onThreadTask { pipe.readToEnd() }
    writer.flush()
    writer.write(Array("the last line\n".utf8))
    writer.flush()
    close(pipe.writing)
    let text = try await reader.value
    #expect(text.contains("log lines were dropped"))
    #expect(text.contains("the last line\n"))
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

  @Test("The handler writes its own metadata and the event's, and keeps to its level")
  func handler() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writing)
    var logger = Logger(label: "test") { _ in FormattedLogHandler(format: .journal, level: .info, writer: writer) }
    logger[metadataKey: "b"] = "own"
    logger.info("seen", metadata: ["a": "1", "c": "3"])
    logger.debug("not seen")
    writer.flush()
    close(pipe.writing)
    #expect(pipe.readToEnd() == "<6>seen a=1 b=own c=3\n")
  }
}
