internal import FoundationEssentials
internal import Glibc
internal import Secrets
internal import System

/// An HTML file that forwards a browser to an address.
///
/// Every user can read a command line (proc(5)), but only the owner can read this file.
///
/// The file is removed when the value is destroyed.
struct ForwardingFile: ~Copyable {
  let path: String

  /// - Parameter directory: Is made if it is missing.
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
