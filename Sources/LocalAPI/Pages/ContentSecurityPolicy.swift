internal import System

/// What a page of ours may load, run and send (W3C Content Security Policy Level 3): what it says, and nothing else.
enum ContentSecurityPolicy {
  /// Allows one style sheet and one script within the page, by their hashes, and what the further directives allow.
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
