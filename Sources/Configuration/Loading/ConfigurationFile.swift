internal import Glibc

/// Reads the text of a configuration file.
package enum ConfigurationFile {
  static let largestSize = 1024 * 1024

  /// The bytes of the file at `path`, or `nil` if there is none.
  ///
  /// Throws when it is not a regular file, is larger than `largestSize` or cannot be read.
  package static func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
    // Without O_NONBLOCK, opening a FIFO would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure(path, "cannot be read: \(message(of: errno))")
    }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure(path, "not a regular file")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while bytes.count <= largestSize {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(path, "cannot be read: \(message(of: errno))")
      }
      bytes += chunk[..<count]
    }
    throw failure(path, "larger than 1 MiB")
  }

  private static func failure(_ path: String, _ reason: String) -> ConfigurationError {
    ConfigurationError(["\(path.printable): \(reason)"])
  }

  private static func message(of error: Int32) -> String {
    String(cString: strerror(error))
  }
}
