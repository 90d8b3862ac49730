internal import LocalHTTP
internal import Secrets

/// The page of `fedbroker status --web`: the same text for everyone; its script fetches the state with the page's key.
enum StatusPage {
  static let response = Page(
    title: "fedbroker", main: Secret(main), script: script,
    directives: ["form-action 'none'", "connect-src 'self'", "require-trusted-types-for 'script'"]
  ).response()

  private static let main = """
    <p id="message" role="status">Open this page with <code>fedbroker status --web</code>.</p>
    <section aria-label="Instances"><ul id="instances"></ul></section>
    <noscript><p>This page needs scripts. <code>fedbroker status --watch</code> shows the same in a terminal.</p></noscript>
    """
}
