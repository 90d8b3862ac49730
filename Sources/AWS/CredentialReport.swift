internal import TokenBroker

/// Which source gives an identity its credentials and why, for people; nothing in it is secret.
package struct CredentialReport: Sendable, CustomStringConvertible {
  package private(set) var lines: [String] = []
  /// Whether there are credentials, and AWS takes them where it was asked.
  package private(set) var isGood = false

  package var description: String { lines.joined(separator: "\n") }

  /// Asks the sources as a fetch would, each until one answers.
  ///
  /// - Parameter asksWhose: Whether AWS is asked whose the credentials are (GetCallerIdentity).
  init(
    chain: CredentialChain, role: AssumeRoleCredentials?, asksWhose: Bool,
    whose: (AWSCredentials) async throws(TokenSourceError) -> CallerIdentity
  ) async {
    for link in chain.links {
      do throws(CredentialError) {
        guard var credentials = try await link.provider.credentials() else {
          lines.append("passed over: \(link.name): \(link.absence)")
          continue
        }
        lines.append("source: \(Self.name(credentials, link))")
        if let role, let assumed = try await role.credentials() {
          credentials = assumed
          lines.append("assumed: \(role.place) as \(role.role.sessionName), key \(Self.redacted(assumed))")
        }
        isGood = true
        if asksWhose { await ask(whose, credentials) }
      } catch {
        lines.append("failed: \(error.message)\(link.place.map { " (\($0))" } ?? "")")
      }
      return
    }
    lines.append("failed: no source has credentials")
  }

  private mutating func ask(
    _ whose: (AWSCredentials) async throws(TokenSourceError) -> CallerIdentity, _ credentials: AWSCredentials
  ) async {
    do throws(TokenSourceError) {
      lines.append("caller: \(try await whose(credentials).arn)")
    } catch {
      lines.append("caller: not told: \(error.message)")
      isGood = false
    }
  }

  private static func name(_ credentials: AWSCredentials, _ link: CredentialChain.Link) -> String {
    let place = link.place.map { " (\($0))" } ?? ""
    let source = credentials.source == link.name ? "" : ": \(credentials.source)"
    return "\(link.name)\(source)\(place), key \(redacted(credentials))"
  }

  /// The last four characters tell a person's keys apart and are in AWS's own consoles.
  private static func redacted(_ credentials: AWSCredentials) -> String {
    "…\(credentials.accessKeyID.suffix(min(4, credentials.accessKeyID.count / 2)))"
  }
}
