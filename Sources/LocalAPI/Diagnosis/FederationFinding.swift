internal import AWS
internal import FederationBroker
internal import JSON

/// What the answer to `GetFederationToken` says of policy, user, instance and quota.
///
/// Pure.
struct FederationFinding {
  let key: TokenKey
  /// The caller's ARN, as AWS STS gave it; `nil` where it was not asked.
  let caller: String?

  private var tried: String { "asked AWS in \(key.region) for a token of \(key.instanceID)" }

  /// - Parameter remaining: The seconds that the token has left.
  func finding(userARN: String?, remaining: Int?) -> Finding {
    let user = userARN.map { " of \($0)" } ?? ""
    let life = remaining.map { ", good for \($0) s" } ?? ""
    return .good(.token, tried: tried, "a token\(user)\(life)")
  }

  func finding(_ problem: Problem) -> Finding {
    let (step, mend) = cause(of: problem)
    return .wrong(step, tried: tried, "\(problem.code): \(problem.detail)", mend: mend)
  }

  private func cause(of problem: Problem) -> (Finding.Step, mend: String) {
    switch problem.code {
    case "AccessDeniedException":
      (.policy, "Attach this policy to \(caller.map(Self.principal) ?? "the caller"):\n\(policy)")
    case "UserNotFoundException":
      (
        .user,
        "Create that user in Amazon Connect, or have the credentials carry the name of one that is there: its name is the"
          + " role's session name (role_session_name), and upper and lower case count"
      )
    case "ResourceNotFoundException":
      (
        .instance,
        "Check the instance's id, and whether it is in \(key.region): its ARN in the Amazon Connect console names the"
          + " region. The account must be that of the caller\(caller.map { ", \($0)" } ?? "")"
      )
    case "ThrottlingException", "TooManyRequestsException":
      (
        .quota,
        "Find out who else calls in this account and region (Amazon Connect's quota is 2 a second): one daemon for all"
          + " programs of a machine, upstream.rate, or a higher quota from AWS"
      )
    case "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "InvalidSignatureException",
      "NoCredentials":
      (.credentials, remedy(of: problem.code))
    default: (.token, remedy(of: problem.code))
    }
  }

  /// The remedy of `docs/troubleshooting.md`.
  private func remedy(of code: String) -> String {
    let known = ErrorCode.all.first { $0.group != .signed && $0.names.contains(code) }
    return (known?.remedy ?? "see docs/troubleshooting.md").filter { $0 != "`" }
  }

  /// The least that `GetFederationToken` needs; AWS checks it against the user's ARN, whose id IAM knows as the caller's.
  ///
  /// Source: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html.
  private var policy: String {
    let statement: JSONValue = [
      "Effect": "Allow", "Action": "connect:GetFederationToken",
      "Resource": .string("\(instanceARN)/user/${aws:userid}"),
    ]
    let policy: JSONValue = ["Version": "2012-10-17", "Statement": [statement]]
    return String(decoding: policy.text, as: UTF8.self)
  }

  private var instanceARN: String {
    guard !key.instanceID.hasPrefix("arn:") else { return key.instanceID }
    let parts = (caller ?? "").split(separator: ":", omittingEmptySubsequences: false)
    let (partition, account) = parts.count > 4 ? (parts[1], parts[4]) : ("aws", "*")
    return "arn:\(partition):connect:\(key.region):\(account):instance/\(key.instanceID)"
  }

  /// The role of a session, to which policies are attached: `arn:aws:sts::1:assumed-role/agent/ana` is of role `agent`.
  private static func principal(_ arn: String) -> String {
    let parts = arn.split(separator: "/")
    guard arn.contains(":assumed-role/"), parts.count == 3 else { return arn }
    return "the role \(parts[1])"
  }
}
