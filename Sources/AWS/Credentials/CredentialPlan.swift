internal import Secrets
internal import System

/// How an identity comes to credentials: one source, and the roles to assume one after another with what it gives.
///
/// A pure value, worked out from the environment and the two files alone (`CredentialPlanner`). Resolving, watching,
/// reporting and erasing follow from it. The first configured source decides, in botocore's order; one that is
/// configured wrongly decides too, since another source could authenticate as a different user.
package struct CredentialPlan: Sendable {
  /// Where the first credentials come from.
  enum Source: Sendable, Equatable {
    case environment
    /// `aws_access_key_id` and what belongs to it, in one of the two files.
    case profileKeys(AWSCredentials)
    /// A role, assumed with the token that an identity provider wrote to a file.
    case webIdentity(AssumedRole, tokenFile: String)
    case identityCenter(IdentityCenterProfile)
    /// What `aws login` left.
    case login(profile: String, session: String)
    case process(profile: String, command: Secret)
    case container
    /// The profile can say how the service is asked.
    case instanceMetadata(profile: String)
  }

  /// A source that is not configured, and why it is passed over.
  struct Absence: Sendable, Equatable {
    /// For people: `environment variables`.
    let source: String
    let reason: String
  }

  /// The way to credentials.
  struct Way: Sendable, Equatable {
    let source: Source
    /// The innermost first.
    var roles: [AssumedRole] = []
  }

  /// In the order of the chain.
  let passedOver: [Absence]
  /// What decides, for people: `role of the profile`.
  let title: String
  /// The file and line that configure it, where one does.
  let place: String?
  /// Throws in place of a way where what decides is configured wrongly.
  let way: Result<Way, AWSError>
}

extension CredentialPlan.Source {
  /// What decides whose credentials it gives; `nil` for a source that is asked each time, as it costs nothing.
  var key: CredentialCache.Key? {
    switch self {
    case .environment, .profileKeys: nil
    case .webIdentity(let role, let tokenFile): .init(["web identity", role.roleARN, role.sessionName, tokenFile])
    case .identityCenter(let profile):
      .init([
        "Identity Center", profile.session, profile.accountID, profile.roleName, profile.startURL, profile.region.name,
      ])
    case .login(_, let session): .init(["login", session])
    case .process(let profile, let command): .init(["process", profile, Digest.hexadecimal(of: command)])
    case .container: .init(["container"])
    case .instanceMetadata: .init(["instance metadata"])
    }
  }

  /// The files whose change means that someone signed in or out; they need not exist.
  func watchedPaths(_ environment: Environment) -> [String] {
    switch self {
    case .webIdentity(_, let tokenFile): [tokenFile]
    case .identityCenter(let profile): [profile.cachePath(environment)]
    case .login(_, let session): [LoginCredentials.path(ofSession: session, environment)]
    case .environment, .profileKeys, .process, .container, .instanceMetadata: []
    }
  }
}
