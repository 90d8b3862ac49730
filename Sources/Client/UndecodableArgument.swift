internal import Glibc

/// The instance id of a command line that is not UTF-8.
enum UndecodableArgument {
  /// Returns Python's message for the first of this process's arguments that is not UTF-8; `nil` where all are.
  static var message: String? {
    let arguments = (1..<Int(CommandLine.argc)).compactMap { CommandLine.unsafeArgv[$0] }.map { text in
      Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
    return arguments.lazy.compactMap(Self.message(for:)).first
  }

  /// Returns what Python says when it encodes the value of an argument, in which a byte `é` of Latin-1 is U+DCE9.
  static func message(for argument: [UInt8]) -> String? {
    let isOption = argument.starts(with: "--".utf8)
    let value = isOption ? argument.drop { $0 != UInt8(ascii: "=") }.dropFirst() : argument[...]
    var parser = Unicode.UTF8.ForwardParser()
    var bytes = value.makeIterator()
    var (position, offset) = (0, value.startIndex)
    var found: (first: Int, last: Int, byte: UInt8)?
    scan: while true {
      switch parser.parseScalar(from: &bytes) {
      case .valid(let scalar):
        if found != nil { break scan }
        position += 1
        offset += scalar.count
      case .error(let length):
        found = (found?.first ?? position, position + length - 1, found?.byte ?? value[offset])
        position += length
        offset += length
      case .emptyInput: break scan
      }
    }
    guard let found else { return nil }
    let what =
      found.first == found.last
      ? "character '\\udc\(String(found.byte, radix: 16))' in position \(found.first)"
      : "characters in position \(found.first)-\(found.last)"
    return "'utf-8' codec can't encode \(what): surrogates not allowed"
  }
}
