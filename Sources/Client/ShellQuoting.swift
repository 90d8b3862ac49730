internal import System

/// Text as one word of a POSIX shell.
package enum ShellQuoting {
  /// Returns the text in single quotes, unless it needs none.
  package static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "/._-+:,".utf8.contains($0) }
    return isPlain ? text : "'\(text.replacing("'", with: #"'\''"#))'"
  }
}
