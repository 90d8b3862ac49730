internal import System

/// The Content-Security-Policy of our pages (W3C CSP Level 3): they may load, run and send only what is listed.
enum ContentSecurityPolicy {
  /// Returns a policy that allows one style sheet and one script in the page, by their hashes, and further directives.
  static func text(style: String, script: String?, _ directives: [String]) -> String {
    let own =
      ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "style-src \(source(style))"]
      + (script.map { ["script-src \(source($0))"] } ?? [])
    return (own + directives).joined(separator: "; ")
  }

  private static func source(_ text: String) -> String {
    "'sha256-\(Base64.standard.encode(Digest.sha256(Array(text.utf8))))'"
  }
}
