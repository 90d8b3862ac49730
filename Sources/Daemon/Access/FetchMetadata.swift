internal import HTTPTypes
internal import LocalHTTP

/// What a browser says about why it asks (W3C Fetch Metadata Request Headers), which no page can change.
struct FetchMetadata {
  /// How the page that made the browser ask relates to us: `none` where a person did.
  let site: String?
  private let mode: String?
  private let destination: String?

  init(_ request: Request) {
    func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.value($0) } }
    site = value("Sec-Fetch-Site")
    mode = value("Sec-Fetch-Mode")
    destination = value("Sec-Fetch-Dest")
  }

  /// Whether what is answered becomes a page of its own, in a tab: no frame, and nothing that a script reads.
  var isDocumentNavigation: Bool { mode == "navigate" && destination == "document" }

  /// Whether a page wants the answer for itself.
  var isForPage: Bool { (mode != nil || destination != nil) && !isDocumentNavigation }
}
