internal import HTTPTypes
package import LocalHTTP
package import Secrets

/// An HTML page that contains everything it needs and loads nothing.
package struct Page {
  var status = HTTPResponse.Status.ok
  /// Plain text.
  let title: String
  /// The content of `<main>`, as HTML.
  let main: Secret
  let script: String?
  /// What the pages that it leads to learn of its address, which may hold a code.
  let referrerPolicy: String
  /// Directives of its policy beyond the style sheet and the script.
  let directives: [String]

  /// Makes a page without a script.
  package init(title: String, main: Secret) {
    self.init(title: title, main: main, script: nil)
  }

  init(
    title: String, main: Secret, script: String?, referrerPolicy: String = "no-referrer",
    directives: [String] = ["form-action 'none'"]
  ) {
    self.title = title
    self.main = main
    self.script = script
    self.referrerPolicy = referrerPolicy
    self.directives = directives
  }

  /// Returns the page as an answer, with its policies.
  package func response() -> Response {
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
