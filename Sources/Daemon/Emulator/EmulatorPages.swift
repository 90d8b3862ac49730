internal import ConnectEmulator
internal import HTTPTypes
internal import LocalAPI
internal import LocalHTTP
internal import Logging
internal import Secrets

/// The pages behind an emulator's `SignInUrl`, beside what the emulator itself answers: who would be signed in now.
struct EmulatorPages: RequestHandler {
  private let emulator: ConnectEmulator
  private let handler: EmulatorHandler

  init(_ emulator: ConnectEmulator, logger: Logger) {
    self.emulator = emulator
    handler = EmulatorHandler(emulator, logger: logger)
  }

  func answer(_ request: Request, from client: Client) -> Answer {
    switch (request.method, request.path) {
    case (.post, EmulatedSignIn.path):
      guard let signIn = emulator.signIn(query: request.query ?? "", form: request.body) else {
        return .now(
          Self.page("Nobody would be signed in", "The credentials are not those that came with this address."))
      }
      return .now(Self.page(signIn))
    case (.get, EmulatedSignIn.path), (.head, EmulatedSignIn.path):
      return .now(Self.page("Nobody is signed in", "A browser signs in here by posting the credentials of a token."))
    case (.get, EmulatedSignIn.logoutPath), (.head, EmulatedSignIn.logoutPath):
      return .now(Self.page("Signed out", "Amazon Connect would end the session here."))
    default: return handler.answer(request, from: client)
    }
  }

  func refuse(_ refusal: Refusal, from client: Client) -> Response { handler.refuse(refusal, from: client) }

  private static func page(_ signIn: EmulatedSignIn) -> Response {
    let main = Secret(capacity: 1024) { main in
      main.append(
        "<p role=\"status\">This is an emulator: Amazon Connect would sign in now.</p>\n<dl class=\"who\"><dt>User</dt><dd>"
      )
      main.appendHTML(signIn.userName)
      main.append("</dd><dt>Instance</dt><dd>")
      main.appendHTML(signIn.instanceID)
      main.append("</dd><dt>Page</dt><dd>")
      main.appendHTML(signIn.destination.isEmpty ? "/" : signIn.destination)
      main.append("</dd></dl>")
    }
    return Page(title: "Emulated sign-in", main: main).response()
  }

  private static func page(_ title: String, _ text: String) -> Response {
    let main = Secret(capacity: 256) { main in
      main.append("<p role=\"status\">This is an emulator. ")
      main.appendHTML(text)
      main.append("</p>")
    }
    return Page(title: title, main: main).response()
  }
}
