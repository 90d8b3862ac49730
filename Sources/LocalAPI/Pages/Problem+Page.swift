internal import HTTPTypes
internal import LocalHTTP
internal import Secrets

extension Problem {
  /// Returns the error as a page for a browser.
  func page(requestID: RequestID) -> Response {
    let main = Secret(capacity: 512) { main in
      main.append("<p>")
      main.appendHTML(detail)
      main.append("</p>\n<dl><dt>Code</dt><dd>")
      main.appendHTML(code)
      main.append("</dd><dt>Request</dt><dd>\(requestID)</dd></dl>")
    }
    var page = Page(title: status.reasonPhrase, main: main)
    page.status = status
    var response = page.response()
    for field in fields { response.fields.append(field) }
    return response
  }
}
