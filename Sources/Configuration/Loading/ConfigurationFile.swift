internal import Secrets
internal import System

/// Reads the text of a configuration file.
package enum ConfigurationFile {
  static let largestSize = 1024 * 1024

  /// Returns the bytes of the file at `path`, or `nil` if there is none.
  ///
  /// Throws when it is not a regular file, is larger than `largestSize` or cannot be read.
  package static func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
    do {
      return try FileContents(path: path, limit: largestSize).bytes.withBytes { bytes in bytes.indices.map { bytes[$0] }
      }
    } catch {
      if error.isMissing { return nil }
      let reason = error.code == nil ? error.explanation : "cannot be read: \(error.explanation)"
      throw ConfigurationError(["\(path.printable): \(reason)"])
    }
  }
}
