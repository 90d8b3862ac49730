internal import Glibc

/// A directory of a test's own, removed with what is in it when the value goes.
package final class ScratchDirectory: Sendable {
  package let path: String

  package init() {
    var template = Array("/tmp/fedbroker-test-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    _ = ChildProcess.run(["rm", "-rf", path])
  }

  /// Writes a file as a whole, under a new inode when it was there before, and returns its path.
  @discardableResult
  package func write(_ name: String, _ text: String) -> String {
    write(name, bytes: Array(text.utf8))
  }

  @discardableResult
  package func write(_ name: String, bytes: [UInt8]) -> String {
    let path = "\(path)/\(name)"
    let descriptor = open("\(path).new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    precondition(rename("\(path).new", path) == 0)
    return path
  }

  /// The names of what is in it, in order.
  package var names: [String] {
    ChildProcess.run(["ls", "-A", path]).output.split(separator: "\n").map(String.init).sorted()
  }

  package func remove(_ name: String) {
    unlink("\(path)/\(name)")
  }
}
