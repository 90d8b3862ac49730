internal import Secrets
internal import System
internal import TokenBroker

/// A role, assumed with the token that an identity provider wrote to a file, as Kubernetes does for a pod.
struct WebIdentityCredentials: CredentialProvider {
  let role: SecurityTokenService.AssumedRole
  let tokenFile: String
  /// For people: `AWS_WEB_IDENTITY_TOKEN_FILE`, `web_identity_token_file of profile pod`.
  let place: String
  let cache: CredentialCache
  let service: SecurityTokenService

  func credentials() async throws(CredentialError) -> AWSCredentials? {
    let key = CredentialCache.Key(["web identity", role.roleARN, role.sessionName, tokenFile])
    return try await cache.credentials(for: key) { () async throws(CredentialError) in try await assume() }
  }

  private func assume() async throws(CredentialError) -> AWSCredentials {
    let token: Secret
    do {
      // Read for each call, because the provider replaces it.
      token = try FileContents(path: tokenFile).bytes
    } catch {
      throw CredentialError("\(place): \(tokenFile) cannot be read: \(error.explanation)")
    }
    guard 4...20_000 ~= token.count else {
      throw CredentialError("\(place): \(tokenFile) does not hold a token, which is 4 to 20000 characters long")
    }
    do {
      let temporary = try await service.assume(role, webIdentityToken: token)
      // Role and session name are who AWS takes the caller for; the token only proves the right to be that.
      return AWSCredentials(
        temporary, source: "\(place) (\(tokenFile))", lineage: "web identity \(role.roleARN) \(role.sessionName)")
    } catch {
      throw CredentialError(error, source: place)
    }
  }
}
