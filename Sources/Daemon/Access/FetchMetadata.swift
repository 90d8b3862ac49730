internal import HTTPTypes
internal import LocalHTTP

/// What a browser says about why it asks (W3C Fetch Metadata Request Headers), which no page can change.
struct FetchMetadata {
  private let request: Request

  init(_ request: Request) {
    self.request = request
  }

  /// How the page that made the browser ask relates to us: `none` where a person did.
  var site: String? { request.value(.secFetchSite) }

  /// Whether what is answered becomes a page of its own, in a tab: no frame, and nothing that a script reads.
  var isDocumentNavigation: Bool {
    request.value(.secFetchMode) == "navigate" && request.value(.secFetchDestination) == "document"
  }

  /// Whether a page wants the answer for itself.
  var isForPage: Bool {
    (request.contains(.secFetchMode) || request.contains(.secFetchDestination)) && !isDocumentNavigation
  }
}

extension HTTPField.Name {
  fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
  fileprivate static let secFetchMode = HTTPField.Name("Sec-Fetch-Mode")!
  fileprivate static let secFetchDestination = HTTPField.Name("Sec-Fetch-Dest")!
}
