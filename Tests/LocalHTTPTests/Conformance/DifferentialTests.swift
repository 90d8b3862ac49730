import Glibc
import TestSupport
import Testing

@testable import LocalHTTP

/// The table beside two servers that did not grow out of our assumptions: nginx, and Python's h11.
@Suite struct DifferentialTests {
  @Test(
    "no request is accepted that both nginx and h11 refuse, but for a stated reason",
    .enabled(if: Oracle.isExpected, "no .venv with h11"), .enabled(if: Nginx.isExpected, "no nginx"))
  func acceptedAlone() async throws {
    let directory = ScratchDirectory()
    let hex = Rule.all.map { rule in rule.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    let file = directory.write("connections", hex.joined(separator: "\n"))
    let output = try await RawClient.onThread { Oracle.run("http_peers.py", [file, Nginx.path]) }
    let counts = output.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
    try #require(counts.count == Rule.all.count && counts.allSatisfy { $0.count == 2 })
    for (rule, accepted) in zip(Rule.all, counts) {
      let isAlone = accepted.allSatisfy { $0 < rule.requests.count }
      #expect(
        isAlone == (rule.acceptedAlone != nil),
        "\(rule.testDescription): accepted are \(rule.requests.count), by h11 \(accepted[0]), by nginx \(accepted[1])")
    }
  }
}

private enum Nginx {
  static let path = "/usr/sbin/nginx"

  /// Whether to run it: where it is installed, and in CI, where it must be.
  static let isExpected = access(path, X_OK) == 0 || getenv("CI").map { String(cString: $0) } == "true"
}
