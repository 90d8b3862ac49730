internal import Glibc

/// Prometheus and its checker, where they are installed, and in CI, where they must be.
package enum Promtool {
  package static let isExpected =
    access("/usr/bin/promtool", X_OK) == 0 || getenv("CI").map { String(cString: $0) } == "true"

  /// What `promtool check metrics` has to say of a page; empty when it is as it should be.
  package static func complaints(of page: String) async throws -> String {
    let directory = ScratchDirectory()
    let file = directory.write("metrics", page)
    let result = try await LoggedProcess.run("/bin/sh", ["-c", "exec /usr/bin/promtool check metrics < '\(file)'"])
    return result.status == 0 ? "" : result.output + result.error
  }
}
