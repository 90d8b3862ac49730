internal import LocalHTTP

/// The context of a browser's request (W3C Fetch Metadata Request Headers), which no page can change.
struct FetchMetadata {
  private let request: Request

  init(_ request: Request) {
    self.request = request
  }

  /// Whether a page of another site caused the request, and not a person or a page of this server.
  var isFromOtherSite: Bool {
    request.contains("sec-fetch-site") && !request.value("sec-fetch-site", is: "none")
      && !request.value("sec-fetch-site", is: "same-origin")
  }

  /// Whether a page of this server caused the request.
  var isFromOwnPage: Bool { request.value("sec-fetch-site", is: "same-origin") }

  /// Whether the response becomes a page in a tab, not a frame or data for a script.
  var isDocumentNavigation: Bool {
    request.value("sec-fetch-mode", is: "navigate") && request.value("sec-fetch-dest", is: "document")
  }

  /// Whether a person goes there now: browsers also fetch pages ahead, which nobody may ever see (HTML standard,
  /// "speculative navigation").
  var isVisit: Bool { isDocumentNavigation && !request.contains("sec-purpose") }

  /// Whether a page reads the response itself.
  var isForPage: Bool {
    (request.contains("sec-fetch-mode") || request.contains("sec-fetch-dest")) && !isDocumentNavigation
  }
}
