internal import System

/// What a profile says of IAM Identity Center: whose token, for which role.
///
/// Pure.
struct IdentityCenterProfile: Equatable {
  let profile: String
  /// The name of the `[sso-session]`; `nil` if the profile holds all four values itself, as older ones do.
  let session: String?
  let startURL: String
  let region: Region
  let accountID: String
  let roleName: String

  /// `nil` if the profile names neither account nor role: then it does not use Identity Center, even if it has an `sso_session`.
  ///
  /// Throws if a value is missing, differs from the session's, or the session does not exist.
  init?(_ name: String, _ configuration: SharedConfiguration) throws(AWSError) {
    guard let profile = configuration.profile(name), profile.has("sso_account_id") || profile.has("sso_role_name")
    else { return nil }
    let sessionName = profile.text("sso_session")
    let session = sessionName.flatMap { configuration.singleSignOnSession($0) }
    if let sessionName, session == nil {
      throw AWSError(
        .noCredentials, "profile \(name): sso-session \(sessionName) is not in \(configuration.configPath)")
    }
    var values: [String: String] = [:]
    let keys = ["sso_role_name", "sso_account_id", "sso_start_url", "sso_region"]
    for key in keys {
      let (own, shared) = (profile.text(key), session?.text(key))
      if let own, let shared, own != shared {
        throw AWSError(
          .noCredentials, "profile \(name): \(key) is \(own), but \(shared) in sso-session \(sessionName ?? "")")
      }
      values[key] = own ?? shared
    }
    guard let roleName = values["sso_role_name"], let accountID = values["sso_account_id"],
      let startURL = values["sso_start_url"], let region = values["sso_region"]
    else {
      let missing = keys.filter { values[$0] == nil }.joined(separator: ", ")
      throw AWSError(.noCredentials, "profile \(name) is for IAM Identity Center, but has no \(missing)")
    }
    do {
      self.region = try Region(region)
    } catch {
      throw AWSError(.noCredentials, "profile \(name): sso_region \(region): \(error.message)")
    }
    self.profile = name
    self.session = sessionName
    self.startURL = startURL
    self.accountID = accountID
    self.roleName = roleName
  }

  /// The AWS CLI's file for the token: named by the session, or by the start page where there is none.
  func cachePath(_ environment: Environment) -> String {
    PathExpansion.expand(
      "~/.aws/sso/cache/\(Digest.sha1Hexadecimal(of: session ?? startURL)).json", environment)
  }

  /// `sso_session corp`, for people.
  var name: String { session.map { "sso_session \($0)" } ?? "sso_start_url \(startURL)" }

  /// What mends a sign-in that is over.
  var mend: String {
    let command = session.map { "aws sso login --sso-session \($0)" } ?? "aws sso login --profile \(profile)"
    return "run fedbroker login --profile \(profile), or \(command)"
  }
}
