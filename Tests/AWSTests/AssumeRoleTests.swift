import AWS
import Secrets
import TestSupport
import Testing

private let base = "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"

/// Answers AssumeRole with key ids that say whose they are: `role.session~signer`.
func namingSTS() -> STSStub {
  STSStub { call in
    let role = call.form["RoleArn"]?.split(separator: "/").last ?? "?"
    return STSStub.assumed(
      "\(role).\(call.form["RoleSessionName"] ?? "?")~\(call.accessKeyID ?? "nobody")", action: call.action)
  }
}

struct AssumeRoleTests {
  private func makeFixture(
    _ config: String, profile: String = "p", credentials: String? = nil, environment: [String: String] = [:],
    sts: STSStub = namingSTS()
  ) -> CredentialFixture {
    CredentialFixture(
      config: config, credentials: credentials, environment: environment, profile: profile, transport: sts)
  }

  @Test func `A role is assumed with the keys of its source profile and all that the profile says`() async throws {
    let sts = namingSTS()
    let fixture = makeFixture(
      """
      [profile p]
      role_arn = arn:aws:iam::1:role/agent
      source_profile = base
      role_session_name = ana@example.com
      external_id = x+1/2
      duration_seconds = 900
      region = eu-west-1
      """, credentials: base, sts: sts)
    let credentials = try await fixture.resolver.credentials(for: Identity())
    #expect(credentials.accessKeyID == "agent.ana@example.com~BASE")
    #expect(credentials.secretAccessKey.exposed == "assumed-secret")
    #expect(credentials.sessionToken?.exposed == "assumed-token")
    #expect(credentials.expiration == 4_102_444_800_000)
    #expect(sts.calls.map(\.url) == ["https://sts.eu-west-1.amazonaws.com/"])
    #expect(
      sts.calls.first?.form == [
        "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/agent",
        "RoleSessionName": "ana@example.com", "ExternalId": "x+1/2", "DurationSeconds": "900",
      ])
  }

  @Test func `Roles that lead to roles are assumed from the last to the first`() async throws {
    let fixture = makeFixture(
      """
      [profile p]
      role_arn = arn:aws:iam::1:role/first
      source_profile = q
      role_session_name = s1
      [profile q]
      role_arn = arn:aws:iam::1:role/second
      source_profile = base
      role_session_name = s2
      """, credentials: base
    )
    let credentials = try await fixture.resolver.credentials(for: Identity())
    #expect(credentials.accessKeyID == "first.s1~second.s2~BASE")
  }

  @Test func `A profile may be its own source of keys`() async throws {
    let fixture = makeFixture(
      "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = p\n",
      credentials: base.replacing("[base]", with: "[p]")
    )
    let credentials = try await fixture.resolver.credentials(for: Identity())
    #expect(credentials.accessKeyID == "r.fedbroker~BASE")
  }

  @Test func `The environment is a source of its own, though a profile is named`() async throws {
    let fixture = makeFixture(
      "[profile p]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Environment\n",
      environment: ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    )
    let credentials = try await fixture.resolver.credentials(for: Identity())
    #expect(credentials.accessKeyID == "r.fedbroker~ENV")
  }

  @Test(arguments: [
    ("role_arn = r", "neither source_profile nor credential_source"),
    ("role_arn = r\nsource_profile = base\ncredential_source = Environment", "both"),
    ("role_arn = r\nsource_profile = none", "source_profile none is neither in"),
    ("role_arn = r\nsource_profile = p", "circle: p, p"),
    ("role_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = p", "circle: p, q, p"),
    ("role_arn = r\nsource_profile = empty\n[profile empty]\nregion = x", "no credentials"),
    ("role_arn = r\ncredential_source = environment", "Ec2InstanceMetadata"),
    ("role_arn = r\ncredential_source = Environment", "no credentials"),
    ("role_arn = r\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me", "mfa_serial"),
  ])
  func `What cannot be assumed says which profile and what to mend, with no call made`(
    config: String, message: String
  ) async {
    let sts = namingSTS()
    let error = await makeFixture("[profile p]\n\(config)\n", credentials: base, sts: sts).error()
    #expect(error?.reason == .noCredentials)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("profile ") == true)
    #expect(sts.calls.isEmpty)
  }

  @Test(arguments: [(403, "AccessDenied"), (403, "InvalidClientTokenId"), (400, "MalformedPolicyDocument")])
  func `What STS refuses keeps its code, its message and its request id`(status: Int, code: String) async {
    let sts = STSStub { _ in STSStub.error(status, code) }
    let error = await makeFixture(
      "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n", credentials: base, sts: sts
    ).error()
    #expect(error?.reason == .service(status: status, code: code))
    #expect(error?.message == "role_arn of profile p: No \"entry\" & more")
    #expect(error?.requestID == "33333333-4444")
    #expect(sts.calls.count == 1)
  }

  @Test func `Throttling and broken answers are tried again`() async throws {
    let answers = StubTransport([
      STSStub.error(400, "Throttling"), .response(503), STSStub.assumed("GOOD"),
    ])
    let fixture = CredentialFixture(
      config: "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n", credentials: base,
      profile: "p", transport: answers)
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "GOOD")
  }

  @Test(arguments: ["", "{}", "<AssumeRoleResponse></AssumeRoleResponse>"])
  func `An answer without credentials is a bad one, not nobody's`(body: String) async {
    let sts = STSStub { _ in .response(200, body: body) }
    let error = await makeFixture(
      "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n", credentials: base, sts: sts
    ).error()
    #expect(error?.reason == .badResponse)
  }

  @Test func `A role of an instance is assumed on top of what its profile gives`() async throws {
    let sts = namingSTS()
    let fixture = makeFixture(
      "[profile p]\nregion = us-east-2\nsts_regional_endpoints = legacy\n",
      credentials: base.replacing("[base]", with: "[p]"), sts: sts)
    let identity = Identity(
      profile: "p", roleARN: "arn:aws:iam::1:role/agent", sessionName: "ben", externalID: "e1")
    #expect(try await fixture.resolver.credentials(for: identity).accessKeyID == "agent.ben~BASE")
    #expect(sts.calls.first?.form["ExternalId"] == "e1")
    #expect(sts.calls.first?.url == "https://sts.amazonaws.com/")
  }

  @Test func `Session names never share credentials`() async throws {
    let fixture = makeFixture("", credentials: base.replacing("[base]", with: "[p]"))
    let names = (0..<50).map { "agent\($0)" }
    try await withThrowingTaskGroup(of: (String, String).self) { group in
      for name in names + names.reversed() {
        group.addTask {
          let identity = Identity(profile: "p", roleARN: "arn:aws:iam::1:role/r", sessionName: name)
          return (name, try await fixture.resolver.credentials(for: identity).accessKeyID)
        }
      }
      for try await (name, accessKeyID) in group { #expect(accessKeyID == "r.\(name)~BASE") }
    }
  }
}

struct WebIdentityTests {
  private let directory = ScratchDirectory()

  @Test func `The environment's token file is read for each call, which is not signed`() async throws {
    let sts = namingSTS()
    let fixture = CredentialFixture(
      environment: [
        "AWS_WEB_IDENTITY_TOKEN_FILE": directory.write("token", "first.token"),
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod",
        "AWS_ROLE_SESSION_NAME": "pod-1",
      ], transport: sts)
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "pod.pod-1~nobody")
    #expect(sts.calls.first?.form["WebIdentityToken"] == "first.token")
    #expect(sts.calls.first?.action == "AssumeRoleWithWebIdentity")
    directory.write("token", "second.token")
    #expect(await fixture.resolver.revalidate() == [])
    #expect(sts.calls.last?.form["WebIdentityToken"] == "second.token")
  }

  @Test func `A profile's web identity goes before its keys, and is no role to assume with a source`() async throws {
    let file = directory.write("token", "a.token")
    let fixture = CredentialFixture(
      config: "[default]\nrole_arn = arn:aws:iam::1:role/web\nweb_identity_token_file = \(file)\n",
      credentials: base.replacing("[base]", with: "[default]"), transport: namingSTS())
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "web.fedbroker~nobody")
  }

  @Test func `A named profile leaves the environment's token file aside`() async throws {
    let fixture = CredentialFixture(
      credentials: base, environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"], profile: "base")
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "BASE")
  }

  @Test(arguments: [("/nowhere", "cannot be read"), ("/dev/null", "regular file")])
  func `A token file that cannot be read is named`(file: String, message: String) async {
    let error = await CredentialFixture(
      environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod"]
    ).error()
    #expect(error?.message.contains(message) == true && error?.message.contains(file) == true)
    #expect(error?.reason == .noCredentials)
  }

  @Test func `The token is in no message`() async {
    let error = await CredentialFixture(
      environment: [
        "AWS_WEB_IDENTITY_TOKEN_FILE": directory.write("token", "the-token"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod",
      ], transport: STSStub { _ in STSStub.error(400, "InvalidIdentityToken") }
    ).error()
    #expect(error?.reason == .service(status: 400, code: "InvalidIdentityToken"))
    #expect(error?.message.contains("the-token") == false)
  }
}
