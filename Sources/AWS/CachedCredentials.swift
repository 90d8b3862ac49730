/// A source whose every call costs something, with the credentials that it gave last.
struct CachedCredentials: CredentialProvider {
  let key: CredentialCache.Key
  let cache: CredentialCache
  let source: any CredentialProvider

  func credentials() async throws(CredentialError) -> AWSCredentials? {
    try await cache.credentials(for: key) { () async throws(CredentialError) in try await source.credentials() }
  }
}
