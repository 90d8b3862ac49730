internal import LocalHTTP

/// The context of a browser's request (W3C Fetch Metadata Request Headers), which no page can change.
struct FetchMetadata {
  private let request: Request

  init(_ request: Request) {
    self.request = request
  }

  /// How the page that caused the request relates to this server; `none` where a person caused it.
  var site: String? { request.value("sec-fetch-site") }

  /// Whether the response becomes a page in a tab, not a frame or data for a script.
  var isDocumentNavigation: Bool {
    request.value("sec-fetch-mode") == "navigate" && request.value("sec-fetch-dest") == "document"
  }

  /// Whether a page reads the response itself.
  var isForPage: Bool {
    (request.contains("sec-fetch-mode") || request.contains("sec-fetch-dest")) && !isDocumentNavigation
  }
}
