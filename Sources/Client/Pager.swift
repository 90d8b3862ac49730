internal import Glibc
internal import System

/// Shows a long text page by page on a terminal, as the AWS CLI shows its help.
enum Pager {
  /// Becomes `$MANPAGER`, else `$PAGER`, else less(1), with the text to read; cat(1) where that cannot be run.
  ///
  /// Returns, and has shown nothing, where standard output is no terminal.
  static func becomePager(of text: String, environment: [String: String]) {
    guard StandardOutput.isTerminal, environment["TERM"] != "dumb",
      let input = try? MemoryFile.make(Array(text.utf8).span), dup2(input, STDIN_FILENO) == STDIN_FILENO
    else { return }
    // A program of the foreground's process group, which may read the terminal.
    _ = ReplacedProcess.execute(
      [
        "/bin/sh", "-c",
        #"pager=${MANPAGER:-${PAGER:-less -R}}; command -v "${pager%% *}" >/dev/null || pager=cat; eval "$pager""#,
      ], changes: [])
  }
}
