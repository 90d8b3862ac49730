package import Secrets
internal import System

/// The keys by which shared tokens are encrypted and their entries named.
///
/// The first encrypts; all decrypt, so that keys can be exchanged one after the other.
package struct FleetKeys: Sendable, Equatable {
  /// One line of a key file.
  struct Key: Sendable, Equatable {
    let id: String
    let encryption: Secret
    let naming: Secret
  }

  /// A text that holds no keys.
  package struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is expected, for people; nothing of the text.
    package let description: String
  }

  /// 1 to 4, each id once.
  let keys: [Key]

  /// Reads 1 to 4 lines `ID:BASE64`, each with 32 bytes.
  package init(parsing text: Secret) throws(Invalid) {
    var keys: [Key] = []
    for line in Self.lines(of: text) {
      let number = keys.count + 1
      guard number <= 4 else { throw Invalid(description: "at most 4 lines are expected") }
      guard let (id, encoded) = Self.split(line) else {
        throw Invalid(
          description: "line \(number): ID:KEY is expected, ID of 1 to 16 letters, digits, hyphens and underscores")
      }
      guard let key = Base64.standard.decode(encoded), key.count == AuthenticatedEncryption.keyByteCount else {
        throw Invalid(description: "line \(number): 32 bytes in Base64 are expected after \(id):")
      }
      guard !keys.contains(where: { $0.id == id }) else {
        throw Invalid(description: "line \(number): the id \(id) is there twice")
      }
      keys.append(
        Key(
          id: id, encryption: Digest.derivedKey(of: key, purpose: "enc"),
          naming: Digest.derivedKey(of: key, purpose: "name")))
    }
    guard !keys.isEmpty else { throw Invalid(description: "1 to 4 lines ID:KEY are expected, and there is none") }
    self.keys = keys
  }

  /// Reads a key file; throws, in words for people, if it cannot be read, others may read it, or it holds no keys.
  package init(file path: String) throws(Invalid) {
    let contents: FileContents
    do { contents = try FileContents(path: path, limit: 4096) } catch {
      throw Invalid(description: "it cannot be read: \(error.explanation)")
    }
    guard contents.access.mode & 0o137 == 0 else {
      throw Invalid(
        description: "its mode is \(String(contents.access.mode & 0o777, radix: 8)), and 640 is the most that it may be"
      )
    }
    try self.init(parsing: contents.bytes)
  }

  private static func lines(of text: Secret) -> [Secret] {
    text.withBytes { bytes in
      var lines: [Secret] = []
      var start = 0
      for index in 0...bytes.count where index == bytes.count || bytes[index] == UInt8(ascii: "\n") {
        let line = bytes.extracting(start..<index)
        start = index + 1
        guard !line.isEmpty else { continue }
        lines.append(Secret(capacity: line.count) { $0.append(contentsOf: line) })
      }
      return lines
    }
  }

  private static func split(_ line: Secret) -> (id: String, key: Secret)? {
    line.withBytes { bytes in
      guard let colon = bytes.indices.first(where: { bytes[$0] == UInt8(ascii: ":") }), 1...16 ~= colon else {
        return nil
      }
      let id = bytes.extracting(..<colon)
      guard id.indices.allSatisfy({ id[$0].isASCIIAlphanumeric || "-_".utf8.contains(id[$0]) }) else { return nil }
      let key = bytes.extracting((colon + 1)...)
      return (
        String(decoding: id.indices.map { id[$0] }, as: UTF8.self),
        Secret(capacity: key.count) { $0.append(contentsOf: key) }
      )
    }
  }
}
