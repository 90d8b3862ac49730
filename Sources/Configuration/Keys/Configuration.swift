package import LocalHTTP
package import Logging
internal import System

/// What the daemon runs by: every value checked, the defaults filled in.
///
/// Each `read` below is the one declaration of a key: its name, its range, its default, its flag and its documentation.
/// The environment variable, the flag's help, `config/fedbroker.toml` and `docs/configuration.md` follow from it.
package struct Configuration: Sendable, Equatable {
  /// At least one.
  package var listen: [ListenAddress]
  package var adminListen: [ListenAddress]
  /// The instances that `instance_id` lists; `instances` has them too.
  package var instanceIDs: [String]
  package var tokenFile: String
  package var region: String?
  package var profile: String?
  package var endpointURL: String?
  package var caBundle: String?
  package var noVerifySSL: Bool
  package var noSignRequest: Bool
  /// Seconds; 0 waits without end, and 60 is the AWS CLI's default.
  package var cliConnectTimeout: Int
  /// Seconds between two arriving bytes; 0 waits without end, and 60 is the AWS CLI's default.
  package var cliReadTimeout: Int
  package var logLevel: Logger.Level
  package var logFormat: LogFormat
  package var emulate: Bool

  package var allowNonLoopback: Bool
  package var allowQuit: Bool
  package var tokenGroup: String?
  /// Names or numeric ids.
  package var socketUsers: [String]
  /// Names or numeric ids.
  package var socketGroups: [String]
  /// Lower case, without port and brackets.
  package var allowedHosts: [String]
  /// As browsers send them in `Origin`: lower case, without a trailing slash.
  package var allowedOrigins: [String]
  package var requestTimeout: Duration
  /// Whether the daemon restricts itself beyond what the service manager does.
  package var sandbox: Bool

  package var cache: Cache
  package var rateLimit: RateLimit
  package var fleet: Fleet
  package var limits: Limits
  package var shutdownTimeout: Duration
  package var audit: Audit
  /// Opens the pages of our commands; `nil` leaves the choice to the desktop (`xdg-open`).
  package var browser: BrowserCommand?
  /// What a lock of the desktop's session means for tokens; `nil` leaves it to who the daemon's user is.
  package var onLock: OnLock?
  /// Sorted by alias; each alias once.
  package var instances: [Instance]
  /// Sorted by name; each name once.
  package var tokens: [Token]
  /// In the order of the file.
  package var access: [AccessRule]

  /// Whether any instance may be asked for, which is so when none is listed.
  package var servesAnyInstance: Bool { instances.isEmpty }

  /// What happens to tokens when the desktop's session is locked.
  package enum OnLock: String, Sendable, CaseIterable {
    /// None is given or fetched.
    case refuse
    /// Likewise, and those that are cached are erased; also by `fedbroker lock`.
    case forget
    /// Nothing.
    case ignore
  }

  /// How a line of the log is written.
  package enum LogFormat: String, Sendable, CaseIterable {
    case text
    case json
  }

  /// Reads every key.
  init(_ reader: inout SettingReader, _ paths: RuntimePaths) {
    listen = reader.read(
      "listen", .list(of: .listenAddress, count: 1...16), default: paths.listen, flag: .list("address"),
      "Addresses that serve the API; port 0 picks a free one. Of the defaults, [::1] counts where the machine has it, and"
        + " the unix socket lies in the runtime directory.")
    adminListen = reader.read(
      "admin_listen", .list(of: .listenAddress, count: 0...16), default: [], flag: .list("address"),
      "Addresses that serve /healthz, /readyz and /metrics only, without a token, and with allow_quit POST /quit; may be"
        + " reachable from elsewhere.")
    instanceIDs = reader.read(
      "instance_id", .list(of: .instanceID, count: 0...1000), default: [], flag: .list("id"),
      "Instances that are served and kept warm. With none listed anywhere, any instance is served.")
    tokenFile = reader.read(
      "token_file", .path, default: paths.tokenFile ?? "", flag: .text("path"),
      "The file of the local bearer token; made at start if it is missing.")
    region = reader.read(
      "region", .region, flag: .text("region"), example: "us-west-2",
      "The AWS region of instances that name none and whose id is not an ARN.")
    profile = reader.read(
      "profile", .profile, flag: .text("name"), example: "contact-centre",
      "The AWS profile whose credentials are used; naming one leaves credentials in the environment aside.")
    endpointURL = reader.read(
      "endpoint_url", .endpointURL, flag: .text("url"), example: "https://connect.example.com",
      "The address of Amazon Connect, in place of the region's own.")
    caBundle = reader.read(
      "ca_bundle", .path, flag: .text("path"), example: "/etc/ssl/certs/ca-certificates.crt",
      "The file of the certificate authorities that upstream is verified against, in place of the system's.")
    noVerifySSL = reader.read(
      "no_verify_ssl", .boolean, default: false, flag: .presence,
      "Do not verify upstream's certificate.")
    noSignRequest = reader.read(
      "no_sign_request", .boolean, default: false, flag: .presence,
      "Do not sign requests to upstream; credentials are not looked for.")
    cliConnectTimeout = reader.read(
      "cli_connect_timeout", .integer(0...86400, unit: "seconds"), default: 60, flag: .text("seconds"),
      "How many seconds connecting to upstream may take; 0 waits without end.")
    cliReadTimeout = reader.read(
      "cli_read_timeout", .integer(0...86400, unit: "seconds"), default: 60, flag: .text("seconds"),
      "How many seconds upstream may stay silent. An answer is whole within twice that, and within 30 at most.")
    logLevel = reader.read(
      "log_level", .choice, default: .info, flag: .text("level"),
      "How much is logged to standard error.")
    logFormat = reader.read(
      "log_format", .choice, default: .text, flag: .text("format"),
      "How a line of the log is written.")
    emulate = reader.read(
      "emulate", .boolean, default: false, flag: .presence,
      "Serve from an emulator inside the process: no AWS account, no network.")
    allowNonLoopback = reader.read(
      "allow_non_loopback", .boolean, default: false,
      "Allow addresses in listen that other machines can reach.")
    allowQuit = reader.read(
      "allow_quit", .boolean, default: false, flag: .presence,
      "Let POST /quit on admin_listen end the daemon, so that a Kubernetes Job can end its sidecar.")
    tokenGroup = reader.read(
      "token_group", .accountName, example: "fedbroker",
      "A group whose members may read the token file, which then has mode 0640.")
    socketUsers = reader.read(
      "socket_users", .list(of: .accountName, count: 0...1000), default: [],
      "Users that unix sockets admit, beside the daemon's own and root.")
    socketGroups = reader.read(
      "socket_groups", .list(of: .accountName, count: 0...1000), default: [],
      "Groups whose members unix sockets admit.")
    allowedHosts = reader.read(
      "allowed_hosts", .list(of: .host, count: 0...1000), default: [],
      "Names that Host may have on TCP, beside localhost and loopback addresses.")
    allowedOrigins = reader.read(
      "allowed_origins", .list(of: .origin, count: 0...1000), default: [],
      "Origins of the web pages that may call the API.")
    requestTimeout = reader.read(
      "request_timeout", .duration(.seconds(1) ... .seconds(600)), default: .seconds(30),
      "How long a request waits for a token; fetching it goes on.")
    sandbox = reader.read(
      "sandbox", .boolean, default: true, flag: .text("true|false"),
      "Restrict the daemon itself to the files that the configuration names (Landlock) and to the system calls that it"
        + " needs (seccomp), as far as the kernel can; a change takes effect at the next start.")
    cache = Cache(&reader)
    rateLimit = RateLimit(&reader)
    fleet = Fleet(&reader)
    limits = Limits()
    limits.connections = reader.read(
      "limits.max_connections", .integer(1...100_000), default: limits.connections,
      "Open TCP connections, and as many on unix sockets; beyond them the answer is 503.")
    limits.exemptConnections = reader.read(
      "limits.max_admin_connections", .integer(1...100_000), default: limits.exemptConnections,
      "Open connections on admin_listen; beyond them the answer is 503.")
    limits.connectionsPerUser = reader.read(
      "limits.max_connections_per_user", ValueForm<Int>.integer(1...100_000).optional, default: nil,
      example: .integer(256),
      "Open connections of one user, or of one other machine, of each kind. If it is not set, a quarter of each maximum, "
        + "which root and the daemon's own user may exceed.")
    limits.target = reader.read(
      "limits.max_target_bytes", .integer(1024...65536, unit: "bytes"), default: limits.target,
      "The longest request target; a longer one is answered with 414.")
    limits.header = reader.read(
      "limits.max_header_bytes", .integer(1024...1_048_576, unit: "bytes"), default: limits.header,
      "The largest header section; a larger one is answered with 431.")
    limits.fields = reader.read(
      "limits.max_header_fields", .integer(16...1000), default: limits.fields,
      "The most header fields; more are answered with 431.")
    limits.body = reader.read(
      "limits.max_body_bytes", .integer(0...1_048_576, unit: "bytes"), default: limits.body,
      "The largest request body; a larger one is answered with 413.")
    limits.headerTime =
      reader.read(
        "limits.header_timeout", .duration(.milliseconds(100) ... .seconds(300)),
        default: .milliseconds(limits.headerTime),
        "How long a client may take to send a header section."
      ).milliseconds
    limits.admissionTime =
      reader.read(
        "limits.admission_timeout", .duration(.milliseconds(100) ... .seconds(300)),
        default: .milliseconds(limits.admissionTime),
        "How long a TCP connection may stay open without a request of a caller who may ask."
      ).milliseconds
    limits.idleTime =
      reader.read(
        "limits.idle_timeout", .duration(.milliseconds(100) ... .seconds(3600)),
        default: .milliseconds(limits.idleTime),
        "How long a connection may stay open between requests."
      ).milliseconds
    limits.requestsPerConnection = reader.read(
      "limits.max_requests_per_connection", .integer(1...1_000_000), default: limits.requestsPerConnection,
      "Requests on one connection, which is then closed.")
    shutdownTimeout = reader.read(
      "limits.shutdown_timeout", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(10),
      "How long a shutdown waits for requests under way.")
    audit = Audit(&reader)
    browser = reader.read(
      "desktop.browser", ValueForm<BrowserCommand>.browserCommand, example: "firefox -P connect %u",
      "The command that opens the pages of fedbroker sign-in and status --web, %u being the address. If it is not set, "
        + "xdg-open.")
    onLock = reader.read(
      "desktop.on_lock", ValueForm<OnLock>.choice, example: "refuse",
      "What a locked session of the daemon's own user means, as logind tells it: refuse gives and fetches no token, forget"
        + " erases the tokens as well, ignore does nothing. If it is not set, refuse for the daemon of a desktop's user,"
        + " else ignore.")
    instances = reader.readTables(
      of: "instances", where: Instance.isAlias, else: Instance.aliasRule, needing: "id", "the instance's id or ARN"
    ) { Instance(alias: $0, &$1) }
    tokens = reader.readTables(
      of: "tokens", where: Token.isName, else: Token.nameRule, needing: "file", "a path"
    ) { Token(name: $0, &$1) }
    access = reader.readList(of: "access") { AccessRule(&$0) }
  }

  /// The settings of the token cache.
  package struct Cache: Sendable, Equatable {
    package var refreshBefore: Duration
    package var idleAfter: Duration
    package var maxEntries: Int

    init(_ reader: inout SettingReader) {
      refreshBefore = reader.read(
        "cache.refresh_before", .duration(.seconds(1) ... .seconds(24 * 3600)), default: .seconds(5 * 60),
        "How long before its expiry a token is fetched anew; a third of its lifetime if that is less.")
      idleAfter = reader.read(
        "cache.idle_after", .duration(.seconds(1) ... .seconds(168 * 3600)), default: .seconds(60 * 60),
        "How long after the last request for it a token that is not warm is no longer kept fresh.")
      maxEntries = reader.read(
        "cache.max_entries", .integer(1...100_000), default: 1000,
        "How many tokens are kept; the least recently used go first, warm ones last.")
    }
  }

  /// The token bucket in front of Connect; its defaults are Connect's published quota.
  package struct RateLimit: Sendable, Equatable {
    /// Calls a second, for a region.
    package var rate: Double
    package var burst: Int
    /// About half of the daemons that share the quota; 0 where nobody knows.
    package var fleet: Int

    /// How long the quota takes for one call of each of the fleet: 30 years at most.
    package var fleetPeriod: Duration { .seconds(min(Double(fleet) / rate, 1e9)) }

    init(_ reader: inout SettingReader) {
      rate = reader.read(
        "upstream.rate", .number(upTo: 1000), default: 2,
        "Calls a second to Amazon Connect, for each region. The default is the published quota.")
      burst = reader.read(
        "upstream.burst", .integer(1...1000), default: 5,
        "Calls that AWS takes at once after a pause. The daemon sends one fewer.")
      fleet = reader.read(
        "upstream.fleet", .integer(0...1_000_000), default: 0,
        "About half of the daemons that share the account's quota; 0 if nobody knows. Too many cost time, too few calls."
      )
    }
  }

  /// A table of `[instances]`.
  package struct Instance: Sendable, Hashable {
    /// What callers ask for; the id itself for an instance that `instance_id` lists.
    package var alias: String
    /// A UUID or an ARN: 1 to 100 characters.
    package var id: String
    /// `nil` leaves the region to the ARN, then to `Configuration.region` and what follows it.
    package var region: String?
    /// `nil` stands for `Configuration.profile`.
    package var profile: String?
    /// `nil` stands for `Configuration.endpointURL`.
    package var endpointURL: String?
    /// The role that is assumed with the profile's credentials; `nil` leaves it at those.
    package var roleARN: String?
    /// The session name of the role, which is the name of the Amazon Connect user.
    package var roleSessionName: String?
    package var externalID: String?
    /// Which session names callers may ask for.
    package var sessionNames: [SessionNamePattern]
    /// Fetched at start and kept fresh.
    package var warm: Bool
    /// As browsers send them in `Referer`, without a path.
    package var loginOrigins: [String]
    /// Opens the page that signs in; `nil` stands for `Configuration.browser`.
    package var browser: BrowserCommand?

    init(alias: String, _ reader: inout SettingReader) {
      self.alias = alias
      id = reader.read(
        "id", .instanceID, default: "", example: .string("11111111-2222-3333-4444-555555555555"),
        "The instance's id or ARN. Required.")
      region = reader.read(
        "region", .region, example: "us-west-2",
        "The instance's AWS region, in place of its ARN's and of the region above.")
      profile = reader.read(
        "profile", .profile, example: "contact-centre",
        "The AWS profile whose credentials are used, in place of the profile above.")
      endpointURL = reader.read(
        "endpoint_url", .endpointURL, example: "https://connect.example.com",
        "The address of Amazon Connect, in place of the endpoint_url above.")
      roleARN = reader.read(
        "role_arn", .roleARN, example: "arn:aws:iam::123456789012:role/ConnectAgent",
        "The role that is assumed with the profile's credentials.")
      roleSessionName = reader.read(
        "role_session_name", .sessionName, example: "agent7@example.com",
        "The session name of role_arn: the name of the Amazon Connect user.")
      externalID = reader.read(
        "external_id", .externalID, example: "contact-centre-7",
        "The external id that the owner of role_arn wants.")
      sessionNames = reader.read(
        "session_names", .list(of: .sessionNamePattern, count: 0...1000), default: [],
        "Session names of role_arn that callers may ask for by ?session_name=; {peer} is the user name of a socket's peer."
      )
      warm = reader.read(
        "warm", .boolean, default: false,
        "Fetch a token at start and keep it fresh.")
      loginOrigins = reader.read(
        "login_origins", .list(of: .origin, count: 0...1000), default: [],
        "Origins of the web pages from which /sign-in/ALIAS needs no click, if their Referrer-Policy lets them say so.")
      browser = reader.read(
        "browser", .browserCommand, example: "firefox -P connect %u",
        "The command that opens the page of fedbroker sign-in, in place of desktop.browser.")
    }

    static let aliasRule =
      "an alias of 1 to 64 letters (a to z), digits, hyphens and underscores is expected, the first a letter or digit"

    /// Returns an alias stands in URL paths, metric labels and TOML headers, where these characters need no quoting.
    static func isAlias(_ text: String) -> Bool {
      1...64 ~= text.utf8.count && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) }
        && text.utf8.first?.isASCIIAlphanumeric == true
    }
  }
}

extension Configuration {
  /// Every key outside `[instances.ALIAS]`, `[tokens.NAME]` and `[[access]]` with its default, in the order of
  /// `config/fedbroker.toml`.
  package static let keys = SettingReader.declarations {
    _ = Configuration(&$0, RuntimePaths(environment: [:]))
  }
}

extension Configuration.Instance {
  /// Every key of `[instances.ALIAS]` with its default.
  static let keys = SettingReader.declarations { _ = Configuration.Instance(alias: "", &$0) }
}

extension Duration {
  fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
