/// `--output`: the AWS CLI's three forms, and one of ours.
package enum OutputFormat: String, CaseIterable, Sendable {
  case json, text, table, yaml
}

/// `--color`: whether a table is coloured; `auto` colours it on a terminal.
package enum ColorSetting: String, CaseIterable, Sendable {
  case on, off, auto
}

/// A terminal as standard output.
package struct Terminal: Sendable {
  /// What `TIOCGWINSZ` says, 0 where it says nothing.
  package let columns: Int

  package init(columns: Int) {
    self.columns = columns
  }
}

/// What the AWS CLI stumbles over when it prints a value, in its words.
package struct OutputError: Error, Equatable, Sendable {
  package let message: String

  init(_ message: String) {
    self.message = message
  }
}
