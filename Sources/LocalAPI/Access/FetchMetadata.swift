internal import LocalHTTP

/// What a browser says about why it asks (W3C Fetch Metadata Request Headers), which no page can change.
struct FetchMetadata {
  private let request: Request

  init(_ request: Request) {
    self.request = request
  }

  /// How the page that made the browser ask relates to us: `none` where a person did.
  var site: String? { request.value("sec-fetch-site") }

  /// Whether what is answered becomes a page of its own, in a tab: no frame, and nothing that a script reads.
  var isDocumentNavigation: Bool {
    request.value("sec-fetch-mode") == "navigate" && request.value("sec-fetch-dest") == "document"
  }

  /// Whether a page wants the answer for itself.
  var isForPage: Bool {
    (request.contains("sec-fetch-mode") || request.contains("sec-fetch-dest")) && !isDocumentNavigation
  }
}
