import AWS
import ConnectEmulator
import JSON
import Secrets
import Testing

struct ConnectEmulatorTests {
  private static let now = 1_795_536_000.5  // 2026-11-24T16:00:00Z
  private let keyPair = ConnectEmulator.KeyPair.emulated

  private func emulator(_ script: EmulatorScript = EmulatorScript()) -> ConnectEmulator {
    ConnectEmulator(script: script, now: { Self.now })
  }

  /// A call signed as the daemon signs it.
  private func call(
    _ path: String = "/user/federate/demo", key: String? = nil, secret: Secret? = nil, service: String = "connect",
    date: Int64 = Int64(now), token: Secret? = nil
  ) -> EmulatorRequest {
    let fields: [(name: String, value: Secret)] = [("Host", Secret("127.0.0.1:2777"))]
    let signed = SigV4.fields(
      signing: SigV4.Request(method: "GET", path: path, fields: fields),
      credentials: AWSCredentials(
        accessKeyID: key ?? keyPair.accessKeyID, secretAccessKey: secret ?? keyPair.secretAccessKey,
        sessionToken: token,
        source: "test"),
      region: "us-east-1", service: service, date: date)
    return EmulatorRequest(
      method: "GET", path: path, fields: (fields + signed).map { (name: $0.name, value: $0.value.exposed) })
  }

  private func response(to request: EmulatorRequest, of emulator: ConnectEmulator) throws -> EmulatorResponse {
    guard case .response(let response) = emulator.answer(request).outcome else { throw Dropped() }
    return response
  }

  private struct Dropped: Error {}

  private func code(_ response: EmulatorResponse) -> String? {
    response.fields.first { $0.name == "x-amzn-ErrorType" }.map { String($0.value.prefix { $0 != ":" }) }
  }

  @Test("A well-signed call gets a token, another each time")
  func token() throws {
    let emulator = emulator()
    let first = try response(to: call(), of: emulator)
    let second = try response(to: call(), of: emulator)
    #expect(first.status == 200)
    #expect(first.dateText == "Tue, 24 Nov 2026 16:00:00 GMT")
    #expect(first.fields.contains { $0.name == "x-amzn-RequestId" && $0.value.count == 36 })
    let json = try SecretJSON(parsing: first.body)
    #expect(json["Credentials"]?["AccessTokenExpiration"]?.number == "1795536900.500")
    #expect(json["Credentials"]?["AccessToken"]?.string?.contains("demo") == true)
    #expect(json["SignInUrl"]?.string?.hasPrefix("https://") == true)
    #expect(1500...2000 ~= first.body.count, "as long as real ones")
    #expect(first.body != second.body)
    #expect(emulator.callCount == 2)
  }

  @Test(
    "Ids of any kind are signed twice-encoded and understood",
    arguments: ["demo", "arn%3Aaws%3Aconnect%3Aus-east-1%3A1%3Ainstance%2Fi", "a%20b", "%C3%A9", "~", "a%2Bb", "%25"])
  func ids(segment: String) throws {
    #expect(try response(to: call("/user/federate/" + segment), of: emulator()).status == 200)
  }

  @Test("A session token is signed with the rest")
  func sessionToken() throws {
    #expect(try response(to: call(token: Secret("session")), of: emulator()).status == 200)
  }

  @Test("A call that is not signed by the key pair is refused as AWS refuses it, and does not count")
  func refused() throws {
    let emulator = emulator()
    func expect(_ request: EmulatorRequest, _ expected: String, _ location: SourceLocation = #_sourceLocation) throws {
      let response = try response(to: request, of: emulator)
      #expect(response.status == 403, sourceLocation: location)
      #expect(code(response) == expected, sourceLocation: location)
    }
    let good = call()
    try expect(
      EmulatorRequest(method: "GET", path: good.path, fields: [("Host", "x")]), "MissingAuthenticationTokenException")
    try expect(call(secret: Secret("wrong")), "InvalidSignatureException")
    try expect(call(key: "AKIDOTHER"), "UnrecognizedClientException")
    try expect(call(service: "s3"), "InvalidSignatureException")
    try expect(call(date: Int64(Self.now) - 301), "InvalidSignatureException")
    try expect(call(date: Int64(Self.now) + 302), "InvalidSignatureException")
    try expect(
      EmulatorRequest(method: "GET", path: "/user/federate/other", fields: good.fields), "InvalidSignatureException")
    try expect(
      EmulatorRequest(method: "GET", path: good.path, query: "a=b", fields: good.fields), "InvalidSignatureException")
    try expect(
      EmulatorRequest(method: "GET", path: good.path, fields: good.fields, body: [1]), "InvalidSignatureException")
    let otherHost = good.fields.map { $0.name == "Host" ? (name: "Host", value: "other") : $0 }
    try expect(EmulatorRequest(method: "GET", path: good.path, fields: otherHost), "InvalidSignatureException")
    for text in [
      "", "AWS4-HMAC-SHA256", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
    ] {
      let fields = good.fields.map { $0.name == "Authorization" ? (name: $0.name, value: text) : $0 }
      try expect(EmulatorRequest(method: "GET", path: good.path, fields: fields), "IncompleteSignatureException")
    }
    #expect(emulator.callCount == 0)
    #expect(try response(to: good, of: emulator).status == 200)
  }

  @Test("The clock offset is the emulator's own time: what is signed by another clock is refused, with the Date")
  func skew() throws {
    let emulator = emulator(EmulatorScript(clockOffset: 3600))
    let refused = try response(to: call(), of: emulator)
    #expect(code(refused) == "InvalidSignatureException")
    #expect(refused.dateText == "Tue, 24 Nov 2026 17:00:00 GMT")
    #expect(try response(to: call(date: Int64(Self.now) + 3600), of: emulator).status == 200)
  }

  @Test(
    "Other operations are not emulated",
    arguments: [
      ("GET", "/"), ("GET", "/user/federate"), ("GET", "/user/federate/a/b"), ("POST", "/user/federate/demo"),
    ])
  func unknownOperation(method: String, path: String) throws {
    let response = try response(to: EmulatorRequest(method: method, path: path, fields: []), of: emulator())
    #expect(response.status == 404)
    #expect(code(response) == "UnknownOperationException")
  }

  @Test(
    "Each step of a script is what it says",
    arguments: [
      (.ok, 200, nil), (.throttle, 429, "TooManyRequestsException"), (.fail, 500, "InternalServiceException"),
      (.unavailable, 503, nil), (.deny, 403, "AccessDeniedException"), (.missing, 404, "ResourceNotFoundException"),
      (.nobody, 404, "UserNotFoundException"), (.duplicate, 409, "DuplicateResourceException"),
      (.invalid, 400, "InvalidRequestException"), (.expired, 403, "ExpiredTokenException"), (.broken, 200, nil),
      (.html, 200, nil), (.empty, 200, nil),
    ] as [(EmulatorScript.Step, Int, String?)])
  func steps(step: EmulatorScript.Step, status: Int, expected: String?) throws {
    let response = try response(to: call(), of: emulator(EmulatorScript(steps: [step])))
    #expect(response.status == status)
    #expect(code(response) == expected)
    if step == .broken || step == .html { #expect(throws: JSONError.self) { try SecretJSON(parsing: response.body) } }
    if step == .empty { #expect(try SecretJSON(parsing: response.body)["Credentials"]?["AccessToken"] == nil) }
  }

  @Test("A dropped call has no response")
  func drop() {
    let outcome = emulator(EmulatorScript(steps: [.drop])).answer(call()).outcome
    guard case .drop = outcome else {
      Issue.record("the call was answered")
      return
    }
  }

  @Test("Steps are taken one a call, the last one for good, until another script is played")
  func sequence() throws {
    let emulator = emulator(EmulatorScript(steps: try EmulatorScript.steps(parsing: "fail*2,ok,throttle")))
    let statuses = try (0..<5).map { _ in try response(to: call(), of: emulator).status }
    #expect(statuses == [500, 500, 200, 429, 429])
    emulator.play(EmulatorScript(steps: [.ok]))
    #expect(try response(to: call(), of: emulator).status == 200)
  }

  @Test(
    "A script that is none is refused with what is allowed",
    arguments: ["", "ok,", "good", "ok*0", "ok*x", "ok*2*2", "ok*99999"])
  func invalidScripts(text: String) {
    let error = #expect(throws: EmulatorScript.InvalidScript.self) { try EmulatorScript.steps(parsing: text) }
    #expect(error?.description.contains("throttle") == true)
  }
}
