internal import Secrets

/// A file of sections and options, as Python's `configparser` reads it, since that is what the AWS CLI reads its files
/// with (`RawConfigParser` with botocore's nested values on top).
///
/// Every value is a `Secret`, because any may be one; the text itself is never copied into ordinary memory.
struct INIDocument: Sendable {
  enum Value: Sendable, Equatable {
    case text(Secret)
    /// An option whose value begins on the next line: `name = value` lines, one level deep.
    case nested([String: Secret])
  }

  struct Section: Sendable {
    let name: String
    var options: [String: Value] = [:]
    /// Where in the file each option begins, from 1.
    var lines: [String: Int] = [:]
  }

  /// In the order of the file; each name once.
  private(set) var sections: [Section] = []

  init() {}

  /// Throws with the number of the line that no rule of `configparser` admits.
  init(parsing text: Secret) throws(INIError) {
    sections = try text.withBytes { (bytes) throws(INIError) in
      guard (try? UTF8Span(validating: bytes)) != nil else { throw INIError(line: 1, reason: "the file is not UTF-8") }
      var parser = INIParser()
      var start = 0
      while start < bytes.count {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n"), bytes[end] != UInt8(ascii: "\r") { end += 1 }
        try parser.consume(line: start..<end, of: bytes)
        let isPair = end + 1 < bytes.count && bytes[end] == UInt8(ascii: "\r") && bytes[end + 1] == UInt8(ascii: "\n")
        start = end + (isPair ? 2 : 1)
      }
      return try parser.sections(of: bytes)
    }
  }
}

/// What is wrong with a file, and where.
///
/// Quotes nothing of it, since it may hold secrets.
struct INIError: Error, Equatable {
  let line: Int
  let reason: String
}
