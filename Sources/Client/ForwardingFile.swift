internal import FoundationEssentials
internal import Glibc
internal import Secrets

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
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path) }
    let isWritten = html.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) == $0.count }
    let error = isWritten ? nil : Self.failure(path)
    close(descriptor)
    if let error {
      unlink(path)
      throw error
    }
  }

  deinit {
    unlink(path)
  }

  private static func failure(_ path: String) -> CommandError {
    CommandError("\(path) cannot be written: \(String(cString: strerror(errno)))", exitCode: EX_NOPERM)
  }
}
