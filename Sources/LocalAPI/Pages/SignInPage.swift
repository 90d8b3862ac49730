internal import AWS
internal import Clocks
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// The page that posts the credentials of a token to Amazon Connect from the browser.
///
/// As in AWS's sample it posts `credentials`, the four values as JSON with times in epoch milliseconds, and `destination`
/// to `SignInUrl`.
enum SignInPage {
  static func response(_ token: FederationToken, _ destination: Destination) throws(Problem) -> Response {
    guard let address = token.signInURL, let target = formTarget(of: address.exposed) else {
      throw Problem(.badGateway, "BadUpstreamResponse", "AWS sent no SignInUrl of https with this token.")
    }
    let main = Secret(capacity: 8192) { main in
      main.append(#"<p>If nothing happens, continue by hand.</p><form method="post" action=""#)
      main.appendHTML(address)
      main.append(#""><input type="hidden" name="credentials" value=""#)
      main.appendHTML(credentials(token))
      main.append(#""><input type="hidden" name="destination" value=""#)
      main.appendHTML(destination.path)
      main.append(#""><button class="main">Continue to Amazon Connect</button></form>"#)
    }
    // The sandbox gives the page an opaque origin, so that no script of our own origin can read it.
    return Page(
      title: "Signing in to Amazon Connect", main: main, script: "document.forms[0].submit()",
      directives: ["form-action \(target)", "sandbox allow-forms allow-scripts"]
    ).response()
  }

  /// Returns the address that signs out at the origin of `SignInUrl`; `nil` where the page would not post there either.
  static func logout(of token: FederationToken) -> Secret? {
    guard let address = token.signInURL?.exposed, formTarget(of: address) != nil,
      let scheme = address.firstRange(of: "://")
    else { return nil }
    let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return Secret(address[..<scheme.upperBound] + authority + "/logout")
  }

  /// Returns the source for `form-action`: where the form may be sent, and where Amazon Connect may redirect it.
  ///
  /// Without TLS it may be sent only to this machine, where the emulator may run.
  private static func formTarget(of address: String) -> String? {
    if address.hasPrefix("https://") { return "https:" }
    guard address.hasPrefix("http://") else { return nil }
    let authority = address.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard Authority(authority)?.isLoopback == true else { return nil }
    return "http://\(authority)"
  }

  private static func credentials(_ token: FederationToken) -> Secret {
    Secret(capacity: 4096) { json in
      json.append(json: #"{"AccessToken":"#)
      json.appendJSON(string: token.accessToken)
      if let expiration = token.accessTokenExpiration {
        json.append(#","AccessTokenExpiration":\#(expiration.milliseconds)"#)
      }
      if let refreshToken = token.refreshToken {
        json.append(json: #","RefreshToken":"#)
        json.appendJSON(string: refreshToken)
      }
      if let expiration = token.refreshTokenExpiration {
        json.append(#","RefreshTokenExpiration":\#(expiration.milliseconds)"#)
      }
      json.append(json: "}")
    }
  }
}
