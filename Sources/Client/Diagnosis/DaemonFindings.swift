internal import AWS
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// What the answers of a daemon, or their absence, say of the steps before the daemon's own.
///
/// Pure.
enum DaemonFindings {
  /// No daemon answered that may be believed.
  static func absent(_ error: BrokerClient.Unreachable) -> [Finding] {
    let tried = "asked \(error.failures.map(\.address).joined(separator: ", "))"
    let result = error.failures.map { "\($0.address): \($0.reason)" }.joined(separator: "; ")
    let kinds = error.failures.map(\.kind)
    // What is there says more than what is not.
    if kinds.contains(.stranger) {
      return [
        .good(.daemon, tried: tried, "something answers"),
        .wrong(
          .admission, tried: "checked that what answers is this user's daemon, root's or the service's", result,
          mend:
            "Find out who listens there (ss -ltnp, ls -l of the socket). Send it no token. Name the right daemon with"
            + " --broker, or its token file with FEDBROKER_TOKEN_FILE"),
      ]
    }
    if kinds.contains(.notPermitted) {
      return [
        .good(.daemon, tried: tried, "there is a socket"),
        .wrong(
          .admission, tried: "connected as this user", result,
          mend: "Have an administrator add this user to socket_users or to a group of socket_groups"),
      ]
    }
    if kinds.contains(.noToken) {
      return [
        .good(.daemon, tried: tried, "there is an address to ask"),
        .wrong(
          .admission, tried: "looked for a token to sign with", result,
          mend: "Name the daemon's token file with FEDBROKER_TOKEN_FILE, or have an administrator set token_group"),
      ]
    }
    return [
      .wrong(
        .daemon, tried: error.failures.isEmpty ? "looked for an address of a daemon" : tried,
        error.failures.isEmpty ? error.description : result,
        mend: "See systemctl status fedbroker and systemctl --user status fedbroker, or start one: fedbroker serve")
    ]
  }

  /// The steps that an answer from a daemon settles, whatever it says.
  static func present(at address: String) -> [Finding] {
    [
      .good(.daemon, tried: "asked \(address)", "a daemon answers"),
      .good(
        .admission, tried: "checked who answers",
        address.hasPrefix("unix:")
          ? "the owner of the socket is trusted, and admits this user" : "it has the token that this user can read"),
    ]
  }

  /// An error of the daemon's own.
  static func refused(_ response: LocalResponse, tried: String) -> Finding {
    let problem = try? SecretJSON(parsing: response.body)
    let code = problem?["code"]?.string ?? ""
    let result = CommandError(refusal: response).description
    return switch code {
    case "Forbidden", "SessionNameNotAllowed":
      .wrong(
        .rights, tried: tried, result,
        mend:
          "Have an administrator add a rule to [[access]], or a name to session_names, in the daemon's configuration")
    case "InstanceNotServed":
      .wrong(
        .instance, tried: tried, result,
        mend: "Ask for one that fedbroker status lists, or add this one to the daemon's configuration")
    case "SessionNameRequired":
      .wrong(.instance, tried: tried, result, mend: "Say whose token it is: --session-name NAME")
    case "AmbiguousInstance", "BadRequest":
      .wrong(.instance, tried: tried, result, mend: "Ask by the alias that fedbroker status shows")
    case "NoRegion":
      .wrong(
        .region, tried: tried, result,
        mend: "Set region of the instance in the daemon's configuration, or AWS_REGION in the daemon's environment")
    case "TooManyRequestsException": .wrong(.quota, tried: tried, result, mend: "Diagnose again in half a minute")
    case "NotFound":
      .wrong(
        .daemon, tried: tried, "the daemon does not know what diagnose asks: it is of an older version",
        mend: "Restart it: systemctl restart fedbroker")
    default: .wrong(.daemon, tried: tried, result, mend: "The daemon's log has more: journalctl -u fedbroker")
    }
  }
}
