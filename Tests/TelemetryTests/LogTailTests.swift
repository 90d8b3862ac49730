import Testing

@testable import Telemetry

struct LogTailTests {
  @Test("The last lines are kept, in their order, and of each its beginning", arguments: [0, 1, 200, 201, 450])
  func last(count: Int) {
    let tail = LogTail()
    for number in 0..<count { tail.append(Array("line \(number)\n".utf8)) }
    let expected = (max(0, count - LogTail.capacity)..<count).map { "line \($0)\n" }.joined()
    #expect(tail.text == expected)
    tail.append(Array((String(repeating: "é", count: 2000) + "\n").utf8))
    let line = tail.text.split(separator: "\n").last ?? ""
    #expect(line.utf8.count <= LogTail.lineBytes + 3 && line.hasPrefix("éé") && tail.text.hasSuffix("\n"))
  }
}
