internal import System
internal import TokenBroker

/// A role, assumed with the credentials of another source.
struct AssumeRoleCredentials: CredentialProvider {
  let role: SecurityTokenService.AssumedRole
  /// Who assumes it.
  let source: any CredentialProvider
  /// For people: `role_arn of profile sales`.
  let place: String
  let cache: CredentialCache
  let service: SecurityTokenService

  func credentials() async throws(CredentialError) -> AWSCredentials? {
    let signer = try await signer()
    let lineage = Digest.hexadecimal(
      of: [role.roleARN, role.sessionName, role.externalID ?? "", signer.lineage].joined(separator: "\n"))
    // The source's lineage is part of the key: whoever logs in next has to assume the role again.
    let key = CredentialCache.Key(
      ["role", role.roleARN, role.sessionName, role.externalID, role.duration.map { String($0) }, signer.lineage],
      isDerived: true)
    return try await cache.credentials(for: key) { () async throws(CredentialError) in
      try await assume(with: signer, lineage: lineage)
    }
  }

  private func signer() async throws(CredentialError) -> AWSCredentials {
    guard let signer = try await source.credentials() else {
      throw CredentialError("\(place): the source has no credentials to assume the role with")
    }
    return signer
  }

  private func assume(with signer: AWSCredentials, lineage: String) async throws(CredentialError) -> AWSCredentials {
    do throws(TokenSourceError) {
      let temporary = try await service.assume(role, signedBy: signer) { (former) async throws(TokenSourceError) in
        cache.refuse(former)
        do throws(CredentialError) { return try await self.signer() } catch { throw TokenSourceError(error) }
      }
      return AWSCredentials(temporary, source: place, lineage: lineage)
    } catch {
      throw CredentialError(error, source: place)
    }
  }
}
