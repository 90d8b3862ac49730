/// `--output`: the AWS CLI's three formats, and YAML.
package enum OutputFormat: String, CaseIterable, Sendable {
  case json, text, table, yaml
}

/// `--color`: whether a table is coloured; `auto` colours it on a terminal.
package enum ColorSetting: String, CaseIterable, Sendable {
  case on, off, auto
}

/// The terminal that standard output is.
package struct Terminal: Sendable {
  /// The width that `TIOCGWINSZ` returns; 0 if it is not known.
  package let columns: Int

  package init(columns: Int) {
    self.columns = columns
  }
}

/// An error of the AWS CLI while it prints a value, with its message.
package struct OutputError: Error, Equatable, Sendable {
  package let message: String

  init(_ message: String) {
    self.message = message
  }
}
