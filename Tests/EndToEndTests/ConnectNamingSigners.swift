import Glibc
import TestSupport

/// A stand-in for Amazon Connect whose tokens are the key ids that signed for them: whose token it is can be seen.
func connectNamingSigners() -> LoopbackServer {
  LoopbackServer { connection in
    while let request = connection.readRequest() {
      let key = request.split(separator: "Credential=").last?.split(separator: "/").first ?? "nobody"
      let expiration = Int(time(nil)) + 900
      connection.respond(
        #"{"Credentials":{"AccessToken":"\#(key)","AccessTokenExpiration":\#(expiration)},"SignInUrl":"https://x/"}"#)
    }
  }
}
