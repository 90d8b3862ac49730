import Clocks
import TestSupport
import Testing
import Timestamps

@testable import AWS

/// Who is signed in when the shift changes, by each kind of source.
@Suite(.timeLimit(.minutes(10)))
struct CallerChangeTests {
  private let clock = ManualClock()
  private let sts = STSStub { call in
    // The first word of a key id is its person.
    guard let key = call.accessKeyID, !key.hasPrefix("dead") else { return STSStub.error(403, "InvalidClientTokenId") }
    return STSStub.caller("arn:aws:sts::1:assumed-role/r/\(key.split(separator: "-")[0])")
  }
  private static let fallback = ProfileName("default", .fallback)

  private func keys(_ id: String) -> String {
    "[default]\naws_access_key_id = \(id)\naws_secret_access_key = secret-of-\(id)\n"
  }

  @Test(arguments: [
    ("ana-1", "ana-2", false), ("ana-1", "ben-1", true), ("ana-1", "dead-1", true), ("dead-1", "ana-1", true),
    ("ana-1", "ana-1", false),
  ])
  func `Other static keys are another person's, unless AWS says that both are the same's`(
    former: String, current: String, isChange: Bool
  ) async throws {
    let fixture = CredentialFixture(credentials: keys(former), transport: sts)
    _ = try await fixture.resolver.credentials(for: Identity())
    #expect(sts.calls.isEmpty)
    fixture.directory.write(".aws/credentials", keys(current))
    #expect(await fixture.resolver.revalidate() == (isChange ? [Self.fallback] : []))
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == current)
    #expect(await fixture.resolver.revalidate() == [])
  }

  @Test func `While AWS cannot be asked, other keys are another person's`() async throws {
    let fixture = CredentialFixture(credentials: keys("ana-1"))
    _ = try await fixture.resolver.credentials(for: Identity())
    fixture.directory.write(".aws/credentials", keys("ana-2"))
    #expect(await fixture.resolver.revalidate() == [Self.fallback])
  }

  /// A process that prints what lies in a file, which no file that is watched names.
  private func processFixture(_ id: String, lifetime: Int64) -> CredentialFixture {
    let fixture = CredentialFixture(
      environment: ["PATH": "/usr/bin:/bin"], transport: sts, clock: clock)
    fixture.directory.write(".aws/config", "[default]\ncredential_process = cat \(fixture.directory.path)/person\n")
    sign(in: id, lifetime: lifetime, fixture)
    return fixture
  }

  private func sign(in id: String, lifetime: Int64, _ fixture: CredentialFixture) {
    let expiration = Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(clock.now.wall + lifetime))
    fixture.directory.write(
      "person",
      """
      {"Version": 1, "AccessKeyId": "\(id)", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "\(expiration)"}
      """)
  }

  @Test(arguments: [("ana-2", false), ("ben-1", true)])
  func `A process that gives another person's credentials when they are renewed is found out`(
    next: String, isChange: Bool
  ) async throws {
    let fixture = processFixture("ana-1", lifetime: 3_600_000)
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "ana-1")
    clock.advance(by: .seconds(3600))
    sign(in: next, lifetime: 3_600_000, fixture)
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == next)
    // What the next change reports comes after what this one did.
    clock.advance(by: .seconds(3600))
    sign(in: "cy-1", lifetime: 3_600_000, fixture)
    _ = try await fixture.resolver.credentials(for: Identity())
    var changes = fixture.resolver.changes.makeAsyncIterator()
    #expect(await changes.next() == Self.fallback)
    if isChange { #expect(await changes.next() == Self.fallback) }
    #expect(sts.calls.map(\.accessKeyID) == [next, "ana-1", "cy-1", next])
  }

  @Test(arguments: [("ana-2", false), ("ben-1", true), (nil, true)])
  func `A process is run again when a file changes, though its credentials live`(
    next: String?, isChange: Bool
  ) async throws {
    let fixture = processFixture("ana-1", lifetime: 3_600_000)
    _ = try await fixture.resolver.credentials(for: Identity())
    if let next { sign(in: next, lifetime: 3_600_000, fixture) } else { fixture.directory.remove("person") }
    // Not yet: no file that counts has changed.
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "ana-1")
    #expect(await fixture.resolver.revalidate() == (isChange ? [Self.fallback] : []))
  }

  @Test func `A role is assumed again for whoever comes next`() async throws {
    let sts = STSStub { call in
      call.action == "AssumeRole"
        ? STSStub.assumed("role-by-\(call.accessKeyID ?? "")") : STSStub.error(403, "InvalidClientTokenId")
    }
    let fixture = CredentialFixture(credentials: keys("ana-1"), transport: sts)
    let identity = Identity(roleARN: "arn:aws:iam::1:role/r", sessionName: "desk")
    #expect(try await fixture.resolver.credentials(for: identity).accessKeyID == "role-by-ana-1")
    #expect(try await fixture.resolver.credentials(for: identity).accessKeyID == "role-by-ana-1")
    #expect(sts.calls.count == 1)
    fixture.directory.write(".aws/credentials", keys("ben-1"))
    #expect(await fixture.resolver.revalidate() == [Self.fallback])
    #expect(try await fixture.resolver.credentials(for: identity).accessKeyID == "role-by-ben-1")
  }

  @Test func `Credentials that AWS calls too old are renewed once, through all that they follow from`() async throws {
    let fixture = processFixture("ana-1", lifetime: 3_600_000)
    let identity = Identity()
    let former = try await fixture.resolver.credentials(for: identity)
    sign(in: "ana-2", lifetime: 3_600_000, fixture)
    #expect(try await fixture.resolver.credentials(for: identity) == former)
    #expect(try await fixture.resolver.credentials(for: identity, replacing: former).accessKeyID == "ana-2")
  }

  @Test func `A source that STS calls too old is renewed once, and the role assumed with the new one`() async throws {
    let sts = STSStub { call in
      guard call.action == "AssumeRole" else { return STSStub.caller("the same") }
      return call.accessKeyID == "ana-1" ? STSStub.error(400, "ExpiredTokenException") : STSStub.assumed("ROLE")
    }
    let directory = ScratchDirectory()
    let fixture = CredentialFixture(
      config: "[default]\ncredential_process = sh \(directory.path)/script\n", environment: ["PATH": "/usr/bin:/bin"],
      transport: sts)
    directory.write("n", "")
    directory.write(
      "script",
      """
      echo x >> \(directory.path)/n
      echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"ana-$(wc -l < \(directory.path)/n)\\",\\"SecretAccessKey\\":\\"s\\"}"
      """)
    let identity = Identity(roleARN: "arn:aws:iam::1:role/r", sessionName: "desk")
    #expect(try await fixture.resolver.credentials(for: identity).accessKeyID == "ROLE")
    #expect(sts.calls.filter { $0.action == "AssumeRole" }.map(\.accessKeyID) == ["ana-1", "ana-2"])
  }
}
