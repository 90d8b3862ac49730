package import AWS
internal import LocalHTTP
internal import System

/// The credentials that a command would use if it called AWS itself.
///
/// `fedbroker get-federation-token` sends it in the field `Fedbroker-Identity`, as `profile=NAME` or `access-key-id=ID`
/// with a percent-encoded value. A daemon that would use other credentials answers 421 `IdentityMismatch`: its token would
/// be another person's.
package enum IdentitySelector: Sendable, Equatable {
  case profile(String)
  case accessKeyID(String)

  /// The name of the header field.
  package static let fieldName = "Fedbroker-Identity"
  /// Selects by the command line, then by the environment; `nil` where neither names credentials.
  package init?(profile: String?, environment: AWS.Environment) {
    if let profile {
      self = .profile(profile)
    } else if let id = environment.nonEmpty("AWS_ACCESS_KEY_ID") {
      self = .accessKeyID(id)
    } else if let name = environment["AWS_DEFAULT_PROFILE"] ?? environment["AWS_PROFILE"] {
      self = .profile(name)
    } else {
      return nil
    }
  }

  /// The value of the header field.
  package var fieldValue: String {
    switch self {
    case .profile(let name): "profile=\(PercentEncoding.encode(name))"
    case .accessKeyID(let id): "access-key-id=\(PercentEncoding.encode(id))"
    }
  }

  /// Reads the value of the field; `nil` where it is no selector.
  package init?(fieldValue: String) {
    let parts = fieldValue.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let value = try? PercentEncoding.decode(String(parts[1])) else { return nil }
    switch parts[0] {
    case "profile": self = .profile(value)
    case "access-key-id": self = .accessKeyID(value)
    default: return nil
    }
  }
}
