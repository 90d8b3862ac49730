internal import LocalHTTP
internal import Secrets

/// The status page: the same text for everyone, but for a code that its button spends; its script fetches the state with
/// the page's key.
enum StatusPage {
  /// The page for a browser of which nothing is known: it needs an address with a code.
  static let response = page(code: nil)

  /// Returns the page of the lasting address, for the browser of an admitted user.
  ///
  /// - Parameter code: Good for one click on this page's button.
  static func page(code: Secret?) -> Response {
    let main = Secret(capacity: 2048) { main in
      main.append(
        """
        <p id="message" role="status">Open this page with <code>fedbroker status --web</code>.</p>
        <p class="actions"><button id="start" class="main" hidden
        """)
      if let code {
        main.append(" data-code=\"")
        main.append(code)
        main.append("\"")
      }
      main.append(
        """
        >Show who is signed in</button></p>
        <p id="finder" hidden><label>Find an instance or a person <input type="search" id="filter" autocomplete="off"></label>
        <span id="count" role="status"></span></p>
        <p id="lock" class="lock" role="status"></p>
        <section aria-label="Instances"><ul id="instances"></ul></section>
        <noscript><p>This page needs scripts. <code>fedbroker status --watch</code> shows the same in a terminal.</p></noscript>
        """)
    }
    return Page(
      title: "fedbroker", main: main, script: script,
      directives: ["form-action 'none'", "connect-src 'self'", "require-trusted-types-for 'script'"]
    ).response()
  }
}
