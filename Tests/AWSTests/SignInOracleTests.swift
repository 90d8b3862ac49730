import CCrypto
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

@testable import AWS

/// The sources of credentials compared with botocore's, case by case.
struct SignInOracleTests {
  private static func cases(_ kind: String) throws -> [JSONValue] {
    let cases = try Oracle.rows("sign_in.jsonl").filter { $0["kind"]?.string == kind }
    try #require(!cases.isEmpty)
    return cases
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of sign-ins is what botocore makes`() throws {
    #expect(Oracle.run("sign_in.py", table: "sign_in.jsonl") == Oracle.text("sign_in.jsonl"))
  }

  @Test func `A DPoP proof is botocore's, and its signature the key's`() throws {
    for row in try Self.cases("dpop_proof") {
      let key = try #require(DPoPKey(pem: Secret(row["key"]?.string ?? "")))
      let proof = try #require(
        key.proof(
          url: row["url"]?.string ?? "", issuedAt: row["issuedAt"]?.integer ?? 0,
          identifier: row["identifier"]?.string ?? ""))
      let input = proof.prefix(upTo: try #require(proof.lastIndex(of: ".")))
      #expect(String(input) == row["botocore"]?["input"]?.string, "\(row["name"]?.string ?? "")")
      #expect(ES256.verify(proof, pem: row["key"]?.string ?? ""))
      #expect(!ES256.verify("x\(proof)", pem: row["key"]?.string ?? ""))
    }
  }

  @Test func `A service is where botocore's rules say`() throws {
    for row in try Self.cases("endpoint") {
      let service = try #require(SignInService(botocoreName: row["service"]?.string))
      let host = service.host(
        try Region(row["region"]?.string ?? ""), usesFIPS: row["fips"] == true, usesDualStack: row["dualStack"] == true)
      #expect("https://\(host)" == row["botocore"]?["url"]?.string)
    }
  }

  @Test func `A service is asked where botocore asks it`() throws {
    for row in try Self.cases("configured_endpoint") {
      let home = AWSHome(config: row["config"]?.string ?? "", environment: row.environment)
      let configuration = try home.configuration()
      for (name, path) in [
        ("sso", "/federation/credentials?role_name=r&account_id=1"), ("sso-oidc", "/token"), ("signin", "/v1/token"),
      ] {
        let service = try #require(SignInService(botocoreName: name))
        let url = try? service.url(
          region: Region("us-east-1"), environment: home.environment, section: configuration.profile("default"),
          configuration: configuration)
        #expect(
          url.map { $0 + path } == row["botocore"]?["urls"]?[name]?.string, "\(row["name"]?.string ?? "") \(name)")
      }
    }
  }

  @Test func `A profile means the Identity Center that botocore finds`() throws {
    for row in try Self.cases("identity_center_profile") {
      let name = row["name"]?.string ?? ""
      let configuration = try AWSHome(config: row["config"]?.string ?? "").configuration()
      let found = row["botocore"]?["found"]
      if row["botocore"]?["error"] != nil {
        #expect(throws: AWSError.self, "\(name)") { try IdentityCenterProfile("p", configuration) }
      } else if found == .null {
        #expect(try IdentityCenterProfile("p", configuration) == nil, "\(name)")
      } else {
        let profile = try #require(try IdentityCenterProfile("p", configuration), "\(name)")
        #expect(profile.session == found?["sso_session"]?.string)
        #expect(profile.startURL == found?["sso_start_url"]?.string)
        #expect(profile.region.name == found?["sso_region"]?.string)
        #expect(profile.accountID == found?["sso_account_id"]?.string)
        #expect(profile.roleName == found?["sso_role_name"]?.string)
      }
    }
  }

  @Test func `An Identity Center token is renewed when and as botocore renews it`() async throws {
    for row in try Self.cases("identity_center_renewal") {
      let home = AWSHome(
        config: row["config"]?.string ?? "", environment: ["AWS_ENDPOINT_URL": "https://broker.example"])
      let (file, after) = try #require(row.botocoreFile)
      home.write(file, String(decoding: row["cached"]?.text ?? [], as: UTF8.self))
      let transport = RuleTransport { request in
        request.url.hasSuffix("/token") ? row["answer"] ?? .null : Self.roleCredentials
      }
      let provider = IdentityCenterCredentials(
        profile: "p", configuration: try home.configuration(), environment: home.environment, transport: transport,
        cache: SignInCache(), clock: ManualClock())
      let credentials = try? await provider.credentials()
      let name = row["name"]?.string ?? ""
      #expect((credentials != nil) == (row["botocore"]?["token"]?.string != nil), "\(name)")
      let requests = transport.requests
      #expect(
        requests.last?.field("x-amz-sso_bearer_token") == row["botocore"]?["token"]?.string, "\(name)")
      #expect(try requests.filter { $0.method == "POST" }.map { try $0.members } == row.botocoreRequests, "\(name)")
      #expect(try JSONValue(parsing: home.read(file) ?? "") == after, "\(name)")
    }
  }

  @Test func `A login is renewed when and as botocore renews it`() async throws {
    for row in try Self.cases("login_renewal") {
      let name = row["name"]?.string ?? ""
      let session = row["session"]?.string ?? ""
      let home = AWSHome(
        config: "[default]\nlogin_session = \(session)\nregion = us-east-1\n",
        environment: ["AWS_ENDPOINT_URL": "https://broker.example"])
      let (file, after) = try #require(row.botocoreFile)
      home.write(file, String(decoding: row["cached"]?.text ?? [], as: UTF8.self))
      let transport = RuleTransport { _ in row["answer"] ?? .null }
      let provider = LoginCredentials(
        profile: "default", configuration: try home.configuration(), settings: UpstreamSettings(),
        environment: home.environment, transport: transport, cache: SignInCache(), clock: ManualClock())
      let credentials = try? await provider.credentials()
      #expect(credentials?.accessKeyID == row["botocore"]?["accessKeyID"]?.string, "\(name)")
      #expect(try transport.requests.map { try $0.members } == row.botocoreRequests, "\(name)")
      #expect(try JSONValue(parsing: home.read(file) ?? "") == after, "\(name)")
    }
  }

  @Test func `A container's address is allowed where botocore allows it`() throws {
    for row in try Self.cases("container_url") {
      let url = row["url"]?.string ?? ""
      let environment = Environment(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
      let isAllowed = (try? ContainerEndpoint(environment)) != nil
      #expect(isAllowed == (row["botocore"]?["isAllowed"] == true), "\(url)")
    }
  }

  @Test func `Instance metadata is asked where and how botocore asks it`() throws {
    for row in try Self.cases("metadata_settings") {
      let name = row["name"]?.string ?? ""
      let home = AWSHome(config: row["config"]?.string ?? "", environment: row.environment)
      func settings() throws -> InstanceMetadataSettings? {
        try InstanceMetadataSettings(
          environment: home.environment, section: home.configuration().profile("default"))
      }
      let found = row["botocore"]?["found"]
      if row["botocore"]?["error"] != nil {
        #expect(throws: AWSError.self, "\(name)") { try settings() }
      } else if found == .null {
        #expect(try settings() == nil, "\(name)")
      } else {
        let settings = try #require(try settings(), "\(name)")
        #expect("\(settings.baseURL)/latest/api/token" == found?["url"]?.string, "\(name)")
        #expect(Int64(settings.timeout) == found?["timeout"]?.integer, "\(name)")
        #expect(Int64(settings.maxAttempts) == found?["attempts"]?.integer, "\(name)")
      }
    }
  }

  @Test func `Credentials of an instance are used for as long as botocore uses them`() throws {
    for row in try Self.cases("metadata_expiration") {
      let expiration = try #require(row["expiration"]?.integer)
      let now = try #require(row["now"]?.integer)
      let until = [0.0, 1.0].map {
        JSONValue.number(
          String(
            InstanceMetadataCredentials.usableUntil(expiration, now: now, jitter: $0)))
      }
      #expect(.array(until) == row["botocore"]?["until"], "\(row["name"]?.string ?? "")")
    }
  }

  private static let roleCredentials: JSONValue = [
    "roleCredentials": [
      "accessKeyId": "ASIA", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1_795_480_000_000,
    ]
  ]
}

extension SignInService {
  fileprivate init?(botocoreName name: String?) {
    switch name {
    case "sso": self = .portal
    case "sso-oidc": self = .oidc
    case "signin": self = .signIn
    default: return nil
    }
  }
}

extension JSONValue {
  fileprivate var integer: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text)
  }

  fileprivate var environment: [String: String] {
    guard case .object(let object) = self["environment"] else { return [:] }
    return Dictionary(object.members.map { ($0.name, $0.value.string ?? "") }, uniquingKeysWith: { $1 })
  }

  /// The one file that botocore had in the end.
  fileprivate var botocoreFile: (name: String, content: JSONValue)? {
    guard case .object(let files) = self["botocore"]?["files"] else { return nil }
    return files.members.first.map { ($0.name, $0.value) }
  }

  /// The members of what botocore sent.
  fileprivate var botocoreRequests: [[String: JSONValue]] {
    self["botocore"]?["requests"]?.array?.map(\.dictionary) ?? []
  }

  fileprivate var dictionary: [String: JSONValue] {
    guard case .object(let object) = self else { return [:] }
    return Dictionary(object.members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }
}

extension TransportRequest {
  fileprivate var members: [String: JSONValue] {
    get throws { try JSONValue(parsing: body).dictionary }
  }
}
