/// A code of an error answer, as `docs/troubleshooting.md` and OpenAPI explain it: what is not in this table is told to
/// nobody.
struct ErrorCode: Sendable {
  /// Where in `docs/troubleshooting.md` the code stands.
  enum Group: String, Sendable, CaseIterable {
    case request = "The request"
    case daemon = "The daemon"
    case upstream = "Amazon Connect"
    case signed = "SDKs and the AWS CLI, asking here"
  }

  let group: Group
  /// The code, and others that mean the same.
  let names: [String]
  /// The status, for people.
  let status: String
  /// What it means, and what to do: Markdown for the cells of a table.
  let meaning: String
  let remedy: String

  private init(_ group: Group, _ names: String..., status: String, _ meaning: String, do remedy: String) {
    self.group = group
    self.names = names
    self.status = status
    self.meaning = meaning
    self.remedy = remedy
  }

  /// Every code, in the order of the page.
  static let all: [ErrorCode] = [
    ErrorCode(
      .request, "BadRequest", status: "400",
      "no proper HTTP, a query parameter that this path does not have, or an instance id over 100 characters",
      do: "read `detail`; percent-encode an ARN (`:` is `%3A`, `/` is `%2F`)"),
    ErrorCode(
      .request, "AmbiguousInstance", status: "400",
      "several aliases share this id, with different identities",
      do: "ask by alias"),
    ErrorCode(
      .request, "SessionNameRequired", status: "400",
      "the instance's role needs a session name",
      do: "add `?session_name=`"),
    ErrorCode(
      .request, "Unauthorized", status: "401",
      "no token, or the wrong one",
      do: "send the token file's content as `Authorization: Bearer TOKEN`, or use the unix socket"),
    ErrorCode(
      .request, "Forbidden", status: "403",
      "no rule gives it; on the unix socket: this user is not let in. On TCP: `Host` is not loopback, the request comes from a web page, or through a proxy",
      do:
        "`[[access]]` ([access](access.md)); `socket_users`, `socket_groups`; `allowed_hosts`; `allowed_origins`; set `NO_PROXY=127.0.0.1`"
    ),
    ErrorCode(
      .request, "SessionNameNotAllowed", status: "403",
      "the patterns in `session_names`, the instance's or those of the rules, do not have this name",
      do: "ask for another, or widen them"),
    ErrorCode(
      .request, "NotFound", status: "404",
      "there is nothing at this path",
      do: "the [README](../README.md) lists the paths"),
    ErrorCode(
      .request, "InstanceNotServed", status: "404",
      "instances are listed, and this is none of them",
      do: "add it, or ask by the alias or id that is there"),
    ErrorCode(
      .request, "MethodNotAllowed", status: "405",
      "another method is wanted",
      do: "see `Allow`"),
    ErrorCode(
      .request, "RequestTimeout", status: "408",
      "the request came too slowly",
      do: "send it at once; `limits.header_timeout`"),
    ErrorCode(
      .request, "NoBrowserAddress", status: "409",
      "a browser is to sign in, and the daemon has unix sockets only",
      do: "add `127.0.0.1:2776` to `listen`"),
    ErrorCode(
      .request, "AWSSignInUnavailable", status: "409",
      "the status page was to sign in to AWS, and the instance's credentials come from no `sso_session`",
      do: "`fedbroker check-config --credentials` says where they come from"),
    ErrorCode(
      .request, "BodyTooLarge", status: "413",
      "requests here need no body",
      do: "send none"),
    ErrorCode(
      .request, "TargetTooLong", status: "414",
      "path and query are too long",
      do: "`limits.max_target_bytes`"),
    ErrorCode(
      .request, "ExpectationFailed", status: "417",
      "`Expect` has something other than `100-continue`",
      do: "leave it out"),
    ErrorCode(
      .request, "IdentityMismatch", status: "421",
      "a command's own credentials are not those that the daemon uses for this instance",
      do: "none: the command then asks AWS itself"),
    ErrorCode(
      .request, "HeaderTooLarge", status: "431",
      "the header is too large",
      do: "send fewer cookies; `limits.max_header_bytes`"),
    ErrorCode(
      .request, "NotImplemented", status: "501",
      "a transfer coding other than chunked",
      do: "send `Content-Length`"),
    ErrorCode(
      .request, "HTTPVersionNotSupported", status: "505",
      "neither HTTP/1.1 nor HTTP/1.0",
      do: "with curl: `--http1.1`"),
    ErrorCode(
      .daemon, "NoCredentials", status: "503 (400 for SDKs)",
      "no source has AWS credentials; `detail` names the file or profile and what it lacks",
      do:
        "`fedbroker login` (or `aws sso login`, `aws login`) for profiles that need it; the system service has no home: see [install](install.md)"
    ),
    ErrorCode(
      .daemon, "NoRegion", status: "503 (400 for SDKs)",
      "neither the instance nor anything else says a region",
      do: "set `region` for the instance"),
    ErrorCode(
      .daemon, "Locked", status: "423",
      "`fedbroker lock`, or the desktop's session is locked; no token is given or fetched",
      do: "unlock the screen, or `fedbroker unlock`; `desktop.on_lock`"),
    ErrorCode(
      .daemon, "NotReady", status: "503",
      "`/readyz`: a warm instance has no live token yet, or the daemon is locked",
      do: "the log has the reason: look for `a fetch failed`"),
    ErrorCode(
      .daemon, "Busy", status: "503",
      "all connections, or all of one user, are taken; or requests of strangers took 8 MiB, and this was the oldest that was not whole",
      do: "close those not needed; `limits.max_connections`, `limits.max_connections_per_user`"),
    ErrorCode(
      .daemon, "AuditUnavailable", status: "503",
      "`audit.required` is set, and the audit log cannot be written",
      do: "the daemon's log says why: make room, or mend the file's directory"),
    ErrorCode(
      .daemon, "SignAgain", status: "503",
      "the request was signed before the daemon began to listen, or in the same second",
      do: "none: SDKs sign again by themselves"),
    ErrorCode(
      .daemon, "ShuttingDown", status: "503",
      "the daemon is about to end",
      do: "ask again; with `fedbroker.socket` nothing is lost on a restart"),
    ErrorCode(
      .upstream, "AccessDeniedException", status: "502",
      "the identity may not call `connect:GetFederationToken` on this instance",
      do: "see the policy in [security](security.md)"),
    ErrorCode(
      .upstream, "UserNotFoundException", status: "404",
      "the instance has no user with the session name of the credentials, which `detail` names where it is configured",
      do: "set `role_session_name`, or create the user; upper and lower case count"),
    ErrorCode(
      .upstream, "ResourceNotFoundException", status: "404",
      "no such instance in this region and account",
      do: "check `id` and `region`"),
    ErrorCode(
      .upstream, "InvalidParameterException", "InvalidRequestException", status: "502",
      "among others: the account's root user, or an instance without SAML",
      do: "use a role; the instance must have SAML 2.0 as its identity management"),
    ErrorCode(
      .upstream, "DuplicateResourceException", status: "409",
      "several users match",
      do: "mend it in Connect"),
    ErrorCode(
      .upstream, "ThrottlingException", "TooManyRequestsException", status: "429",
      "AWS, or our own limit that keeps to its quota, is at its end, and no live token is there",
      do: "wait for `Retry-After`; look for who else calls; `upstream.rate`"),
    ErrorCode(
      .upstream, "InternalServiceException", status: "502",
      "AWS failed",
      do: "ask again; AWS Support wants `upstream_request_id`"),
    ErrorCode(
      .upstream, "UnrecognizedClientException", "InvalidClientTokenId", status: "502",
      "AWS does not know the access key",
      do: "it was deleted or deactivated: sign in again, or renew it"),
    ErrorCode(
      .upstream, "ExpiredTokenException", status: "502",
      "the credentials have expired and their source has no newer ones",
      do: "sign in again"),
    ErrorCode(
      .upstream, "InvalidSignatureException", status: "502",
      "the secret key does not belong to the access key, or the clock is far off",
      do: "check both (`timedatectl`)"),
    ErrorCode(
      .upstream, "UpstreamError", status: "as AWS's",
      "AWS's answer names no code",
      do: "the `detail` has its status; check proxies"),
    ErrorCode(
      .upstream, "BadUpstreamResponse", status: "502",
      "what answered is not Amazon Connect, or a field asked for by `?field=` holds a line break",
      do: "check `endpoint_url` and proxies"),
    ErrorCode(
      .upstream, "UpstreamUnreachable", status: "502",
      "no connection: name, route, proxy or certificate; `detail` says which",
      do:
        "`fedbroker check-config` says what is wrong with `HTTPS_PROXY`; a new `ca_bundle` is in force for the next connection, without a reload"
    ),
    ErrorCode(
      .upstream, "UpstreamTimeout", status: "504",
      "AWS did not answer in time; the call goes on until the next request, which starts another",
      do: "ask again; `request_timeout`"),
    ErrorCode(
      .signed, "MissingAuthenticationTokenException", status: "403",
      "the request is not signed",
      do: "leave `--no-sign-request` out"),
    ErrorCode(
      .signed, "IncompleteSignatureException", status: "403",
      "the `Authorization` header is none of SigV4",
      do: "let the SDK sign"),
    ErrorCode(
      .signed, "UnrecognizedClientException", status: "403",
      "not signed with the local key pair",
      do: "access key id `fedbroker`, secret key the local token, no session token"),
    ErrorCode(
      .signed, "InvalidSignatureException", status: "403",
      "the secret key is not the current token, or the time is off by over 5 minutes",
      do: "read the token file again"),
    ErrorCode(
      .signed, "UnknownOperationException", status: "404",
      "this endpoint serves GetFederationToken only",
      do: "use `AWS_ENDPOINT_URL_CONNECT`, not `AWS_ENDPOINT_URL`, and only where this one call is made"),
  ]

  /// The codes that `code` of an error can have; those of AWS's own operation are told in AWS's words.
  static var namesInProblems: [String] {
    Set(all.flatMap(\.names)).subtracting(
      ["IdentityMismatch", "MissingAuthenticationTokenException", "UnknownOperationException"]
    ).sorted()
  }
}
