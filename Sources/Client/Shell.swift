internal import System

/// The shells that `fedbroker env` writes commands for.
package enum Shell: String, Sendable, CaseIterable {
  case sh, bash, dash, ksh, zsh, fish, csh, tcsh

  /// Returns the command that sets a variable for the shell and its children, or unsets it where `value` is `nil`.
  func command(setting name: String, to value: String?) -> String {
    switch self {
    case .sh, .bash, .dash, .ksh, .zsh:
      value.map { "export \(name)=\(ShellQuoting.quoted($0))" } ?? "unset \(name)"
    case .fish:
      value.map { "set -gx \(name) \(Self.quotedForFish($0))" } ?? "set -e \(name)"
    case .csh, .tcsh:
      value.map { "setenv \(name) \(Self.quotedForCsh($0))" } ?? "unsetenv \(name)"
    }
  }

  /// In fish's single quotes a backslash escapes itself and the quote.
  private static func quotedForFish(_ text: String) -> String {
    "'\(text.replacing(#"\"#, with: #"\\"#).replacing("'", with: #"\'"#))'"
  }

  /// In csh's single quotes `!` still stands for the history.
  private static func quotedForCsh(_ text: String) -> String {
    "'\(text.replacing("'", with: #"'\''"#).replacing("!", with: #"\!"#))'"
  }
}
