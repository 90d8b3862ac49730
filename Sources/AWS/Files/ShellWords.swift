/// Splits a text as a POSIX shell does, in the way of Python's `shlex.split`: the AWS CLI reads profile names with it.
enum ShellWords {
  /// `nil` if a quote does not end or a backslash comes last.
  static func split(_ text: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Unicode.Scalar?
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      switch (scalar, quote) {
      case (let mark, .some(let open)) where mark == open:
        quote = nil
      case ("\\", "\""):
        guard let next = scalars.next() else { return nil }
        // Within double quotes a backslash is one, but before a quote or a backslash.
        if next != "\"" && next != "\\" { word = (word ?? "") + "\\" }
        word = (word ?? "") + String(next)
      case (_, .some):
        word = (word ?? "") + String(scalar)
      case ("\\", nil):
        guard let next = scalars.next() else { return nil }
        word = (word ?? "") + String(next)
      case ("\"", nil), ("'", nil):
        quote = scalar
        word = word ?? ""
      case (" ", nil), ("\t", nil), ("\r", nil), ("\n", nil):
        if let finished = word { words.append(finished) }
        word = nil
      case (_, nil):
        word = (word ?? "") + String(scalar)
      }
    }
    guard quote == nil else { return nil }
    if let finished = word { words.append(finished) }
    return words
  }
}
