extension String {
  /// The text on one line, without control characters and changes of the writing direction.
  ///
  /// Text from a file or from another program must pass through here before it reaches a terminal: escape sequences move
  /// the cursor, set the title or type for the user, and a changed direction shows another text than there is.
  package var printable: String { filtered { !$0.isControl } }

  /// The same, with `?` in place of what is left out, so that the length stays.
  package var masked: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? "?" : $0 }))
  }

  /// The same for a form that escapes the control characters of ASCII itself, as JSON does.
  package var maskedBeyondASCII: String {
    guard unicodeScalars.contains(where: { !$0.isASCII && $0.isControl }) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { !$0.isASCII && $0.isControl ? "?" : $0 }))
  }

  /// The same, with its line feeds.
  package var printableLines: String { filtered { $0 == "\n" || !$0.isControl } }

  private func filtered(_ isKept: (Unicode.Scalar) -> Bool) -> String {
    guard !unicodeScalars.allSatisfy(isKept) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.filter(isKept)))
  }
}

extension Unicode.Scalar {
  /// Whether a terminal may take the character for more than a sign to show: C0, DEL, C1, a formatting character such as
  /// U+202E, or a separator of lines.
  package var isControl: Bool {
    if value < 0x7F { return value < 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
