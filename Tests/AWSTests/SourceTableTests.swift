import AWS
import JSON
import Secrets
import TestSupport
import Testing

/// The sources that cost a call, beside botocore's: what each finds, and which calls of STS it makes for it.
@Suite(.timeLimit(.minutes(10)))
struct SourceTableTests {
  @Test func `Every row of the table of sources resolves as in botocore, by the same calls`() async throws {
    let rows = try Oracle.rows("sources.jsonl")
    #expect(rows.count > 130)
    for row in rows {
      let name = try #require(row["name"]?.string)
      let (fixture, sts) = Self.fixture(row)
      var found: AWSCredentials?
      var error: AWSError?
      do { found = try await fixture.resolver.credentials(for: Identity()) } catch let failure { error = failure }
      let expected = row["ours"] ?? row
      #expect(found?.accessKeyID == expected["found"]?["accessKeyID"]?.string, "\(name): \(error?.message ?? "")")
      #expect(found?.sessionToken?.exposed == expected["found"]?["sessionToken"]?.string, "\(name)")
      if let url = expected["url"]?.string { #expect(sts.calls.map(\.url) == [url], "\(name)") }
      guard row["ours"] == nil else { continue }
      let calls = try #require(row["calls"]?.array)
      #expect(sts.calls.map(Self.json) == calls, "\(name)")
      guard let error, let kind = row["error"]?.string else { continue }
      // What botocore has from AWS is AWS's with us too; all else is what a person has to mend.
      let isService = if case .service = error.reason { true } else { false }
      #expect(isService == (kind == "ClientError" || kind == "InvalidIdentityTokenException"), "\(name): \(error)")
    }
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of sources is what botocore makes`() throws {
    #expect(Oracle.run("sources.py", table: "sources.jsonl") == Oracle.text("sources.jsonl"))
  }

  private static func fixture(_ row: JSONValue) -> (CredentialFixture, STSStub) {
    let refusal = row["sts"]?.string
    let count = Counter()
    let sts = STSStub { call in
      if let refusal { return STSStub.error(400, refusal) }
      return STSStub.assumed("STS\(count.next())", token: "token", action: call.action)
    }
    let directory = ScratchDirectory()
    func placed(_ text: String?) -> String? { text?.replacing("{dir}", with: "\(directory.path)/.aws") }
    var environment = ["PATH": "/usr/bin:/bin"]
    if case .object(let variables) = row["environment"] {
      for member in variables.members { environment[member.name] = placed(member.value.string) }
    }
    let fixture = CredentialFixture(
      directory: directory, config: placed(row["config"]?.string), credentials: placed(row["credentials"]?.string),
      environment: environment, profile: row["profile"]?.string, transport: sts)
    if case .object(let files) = row["files"] {
      for member in files.members { directory.write(".aws/\(member.name)", placed(member.value.string) ?? "") }
    }
    return (fixture, sts)
  }

  private static func json(_ call: STSStub.Call) -> JSONValue {
    var form = JSONObject()
    for (name, value) in call.form.sorted(by: { $0.key < $1.key }) where name != "Version" {
      form[name] = .string(name == "RoleSessionName" && value == "fedbroker" ? "default" : value)
    }
    return [
      "url": .string(call.url), "signer": call.accessKeyID.map { .string($0) } ?? .null,
      "region": call.signingRegion.map { .string($0) } ?? .null, "form": .object(form),
    ]
  }
}
