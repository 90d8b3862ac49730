import Glibc
import TestSupport

/// A directory of its own for one test, removed with what is in it when the last reference goes.
final class SocketDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/fedbroker-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw RawClient.Failure("mkdtemp: errno \(errno)")
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    guard let directory = opendir(path) else { return }
    defer {
      closedir(directory)
      rmdir(path)
    }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      unlink("\(path)/\(name)")
    }
  }
}
