internal import FoundationEssentials
internal import Glibc
internal import Secrets
internal import System

/// A file that makes a browser go to an address: every user can read a command line (proc(5)), its owner alone this.
///
/// Removed when the value goes.
struct ForwardingFile: ~Copyable {
  let path: String

  /// - Parameter directory: Made where it is missing.
  init(to url: Secret, in directory: String) throws(CommandError) {
    mkdir(directory, 0o700)
    path = "\(directory)/\(UUID().uuidString).html"
    let html = Secret(capacity: 512) { html in
      html.append(#"<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">"#)
      html.append(#"<title>fedbroker</title><meta http-equiv="refresh" content="0;url="#)
      html.appendHTML(url)
      html.append("\">\n")
    }
    do { try PrivateFile.create(path, html) } catch {
      throw CommandError("\(path) cannot be written: \(error.reason)", exitCode: EX_NOPERM)
    }
  }

  deinit {
    unlink(path)
  }
}
