import AWS
import TestSupport
import Testing

private let keys = "aws_access_key_id = A\naws_secret_access_key = the-secret\n"

private let fallback = ProfileName("default", .fallback)

struct CredentialChangeTests {
  private let fixture = CredentialFixture(credentials: "[default]\n\(keys)[p]\n\(keys)")

  private func write(_ text: String) { fixture.directory.write(".aws/credentials", text) }

  @Test func `A changed file is read again`() async throws {
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "A")
    write("[default]\naws_access_key_id = B\naws_secret_access_key = b\n")
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "B")
  }

  @Test func `Only identities with another key pair are reported, once`() async throws {
    let named = Identity(profile: "p")
    _ = try await fixture.resolver.credentials(for: Identity())
    _ = try await fixture.resolver.credentials(for: named)
    #expect(await fixture.resolver.revalidate() == [])
    write("[default]\n\(keys)region = x\n[p]\naws_access_key_id = A\naws_secret_access_key = other\n")
    #expect(await fixture.resolver.revalidate() == [ProfileName("p", .setting)])
    #expect(await fixture.resolver.revalidate() == [])
  }

  @Test func `A change that a fetch saw first is reported all the same`() async throws {
    _ = try await fixture.resolver.credentials(for: Identity())
    write("[default]\naws_access_key_id = B\naws_secret_access_key = b\n")
    _ = try await fixture.resolver.credentials(for: Identity())
    var changes = fixture.resolver.changes.makeAsyncIterator()
    #expect(await changes.next() == fallback)
    #expect(await fixture.resolver.revalidate() == [])
  }

  @Test func `An identity whose credentials are gone is reported`() async throws {
    _ = try await fixture.resolver.credentials(for: Identity())
    fixture.directory.remove(".aws/credentials")
    #expect(await fixture.resolver.revalidate() == [fallback])
    #expect(await fixture.resolver.revalidate() == [])
  }

  @Test func `A new session token of the same key pair changes nothing`() async throws {
    _ = try await fixture.resolver.credentials(for: Identity())
    write("[default]\n\(keys)aws_session_token = t\n")
    #expect(await fixture.resolver.revalidate() == [])
  }

  @Test func `A file that does not parse tells nothing until it does`() async throws {
    _ = try await fixture.resolver.credentials(for: Identity())
    write("nonsense\n")
    #expect(await fixture.resolver.revalidate() == [])
    #expect(await fixture.error()?.reason == .noCredentials)
    write("[default]\naws_access_key_id = B\naws_secret_access_key = b\n")
    #expect(await fixture.resolver.revalidate() == [fallback])
  }
}
