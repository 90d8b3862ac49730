internal import System

/// What a profile signs in to: an `[sso-session]`, or the values of the profile itself, as older ones have them.
///
/// Pure.
package struct IdentityCenterSession: Sendable, Equatable {
  /// The name of the `[sso-session]`; `nil` for the older form.
  let name: String?
  let startURL: String
  let region: Region
  /// What the sign-in is for, where the session says so.
  let scopes: [String]?

  /// Throws if the profile is not for IAM Identity Center, or a value is missing.
  init(profile: String, _ configuration: SharedConfiguration) throws(AWSError) {
    guard let section = configuration.profile(profile) else {
      throw AWSError(.noCredentials, "there is no profile \(profile) in \(configuration.configPath)")
    }
    let name = section.text("sso_session")
    let session = name.flatMap { configuration.singleSignOnSession($0) }
    if let name, session == nil {
      throw AWSError(.noCredentials, "profile \(profile): sso-session \(name) is not in \(configuration.configPath)")
    }
    // As the AWS CLI: of a session its values alone count.
    let values = session ?? section
    guard let startURL = values.text("sso_start_url"), let regionName = values.text("sso_region") else {
      throw AWSError(
        .noCredentials,
        "profile \(profile) signs in to nothing: it needs sso_session, or sso_start_url and sso_region, in"
          + " \(configuration.configPath)")
    }
    do { region = try Region(regionName) } catch {
      throw AWSError(.noCredentials, "profile \(profile): sso_region \(regionName): \(error.message)")
    }
    self.name = name
    self.startURL = startURL
    scopes = session?.text("sso_registration_scopes").map { text in
      text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
    }
  }

  /// For people.
  package var description: String { name.map { "sso_session \($0)" } ?? startURL }

  /// The AWS CLI's file for the token.
  func tokenPath(_ environment: Environment) -> String {
    IdentityCenterCache.path(Digest.sha1Hexadecimal(of: name ?? startURL), environment)
  }
}

/// The AWS CLI's folder for tokens and registrations.
enum IdentityCenterCache {
  static func folder(_ environment: Environment) -> String { PathExpansion.expand("~/.aws/sso/cache", environment) }

  static func path(_ name: String, _ environment: Environment) -> String { "\(folder(environment))/\(name).json" }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " || text.first == "\t" { text = text.dropFirst() }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    return String(text)
  }
}
