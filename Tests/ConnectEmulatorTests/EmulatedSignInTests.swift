import AWS
import ConnectEmulator
import JSON
import Secrets
import System
import Testing

/// What the page behind the emulator's `SignInUrl` believes.
struct EmulatedSignInTests {
  private let emulator = ConnectEmulator(userName: "ana@example.com")

  /// The query of `SignInUrl` and the credentials of a new token.
  private func token(_ id: String) throws -> (query: String, credentials: String) {
    emulator.showPages(at: "http://127.0.0.1:2777")
    let path = "/user/federate/\(PercentEncoding.encode(id))"
    let fields: [(name: String, value: Secret)] = [("Host", Secret("127.0.0.1:2777"))]
    let signed = SigV4.fields(
      signing: SigV4.Request(method: "GET", path: path, fields: fields),
      credentials: AWSCredentials(
        accessKeyID: ConnectEmulator.KeyPair.emulated.accessKeyID,
        secretAccessKey: ConnectEmulator.KeyPair.emulated.secretAccessKey, sessionToken: nil, source: "test"),
      region: "us-east-1", service: "connect", date: Int64(ConnectEmulator.wallClock()))
    let request = EmulatorRequest(
      method: "GET", path: path, fields: (fields + signed).map { (name: $0.name, value: $0.value.exposed) })
    guard case .response(let response) = emulator.answer(request).outcome else { throw Dropped() }
    let json = try SecretJSON(parsing: response.body)
    let url = try #require(json["SignInUrl"]?.string)
    #expect(url.hasPrefix("http://127.0.0.1:2777\(EmulatedSignIn.path)?"))
    let access = try #require(json["Credentials"]?["AccessToken"]?.string)
    return (String(url.drop { $0 != "?" }.dropFirst()), "{\"AccessToken\":\"\(access)\"}")
  }

  private struct Dropped: Error {}

  private func form(_ credentials: String, _ destination: String = "/") -> [UInt8] {
    Array("credentials=\(PercentEncoding.encode(credentials))&destination=\(PercentEncoding.encode(destination))".utf8)
  }

  @Test(arguments: ["demo", "arn:aws:connect:us-east-1:1:instance/i", "a b&c=d", "é%+"])
  func `the credentials of an address say who would be signed in where`(_ id: String) throws {
    let token = try token(id)
    let signIn = emulator.signIn(query: token.query, form: form(token.credentials, "/ccp-v2/?a=b&c"))
    #expect(signIn?.userName == "ana@example.com")
    #expect(signIn?.instanceID == id)
    #expect(signIn?.destination == "/ccp-v2/?a=b&c")
  }

  @Test func `those of another address, or none, sign nobody in`() throws {
    let (first, second) = (try token("demo"), try token("demo"))
    #expect(emulator.signIn(query: first.query, form: form(second.credentials)) == nil)
    for body in [
      "", "credentials", "credentials=%", "credentials={}", "credentials=%7B%22AccessToken%22%3A1%7D", "&=&",
    ] {
      #expect(emulator.signIn(query: first.query, form: Array(body.utf8)) == nil)
    }
    for query in ["", "call=1", "instance=demo", "call=x&instance=demo", "call=99999999999999999999&instance=demo"] {
      #expect(emulator.signIn(query: query, form: form(first.credentials)) == nil)
    }
    #expect(emulator.signIn(query: first.query, form: [UInt8](repeating: 0xFF, count: 1000)) == nil)
  }
}
