internal import HTTPTypes
internal import LocalHTTP
internal import Secrets

/// An HTML page that contains everything it needs and loads nothing.
struct Page {
  var status = HTTPResponse.Status.ok
  /// Plain text.
  let title: String
  /// The content of `<main>`, as HTML.
  let main: Secret
  var script: String?
  /// What the pages that it leads to learn of its address, which may hold a code.
  var referrerPolicy = "no-referrer"
  /// Directives of its policy beyond the style sheet and the script.
  var directives = ["form-action 'none'"]

  func response() -> Response {
    var fields: HTTPFields = [
      .contentSecurityPolicy: ContentSecurityPolicy.text(style: PageStyle.text, script: script, directives)
    ]
    if let name = HTTPField.Name("Referrer-Policy") { fields[name] = referrerPolicy }
    return Response(
      status: status, fields: fields, content: Content(mediaType: "text/html; charset=utf-8", bytes: html))
  }

  private var html: Secret {
    Secret(capacity: main.count + 4096) { html in
      html.append(
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>
        """)
      html.appendHTML(title)
      html.append("</title>\n<style>\(PageStyle.text)</style>\n</head>\n<body>\n<main>\n<h1>")
      html.appendHTML(title)
      html.append("</h1>\n")
      html.append(main)
      html.append("\n</main>\n")
      if let script { html.append("<script>\(script)</script>\n") }
      html.append("</body>\n</html>\n")
    }
  }
}
