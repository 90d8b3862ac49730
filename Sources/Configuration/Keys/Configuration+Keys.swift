extension Configuration {
  /// Every key outside `[instances.ALIAS]`, in the order of `config/fedbroker.toml`: those of no table come first.
  static let keys: [ConfigurationKey<Configuration>] = serveKeys + accessKeys + cacheKeys + upstreamKeys + limitKeys

  /// The names of the file's tables.
  static let tables = ["cache", "upstream", "limits", "instances"]

  /// What is said about a flag of `fedbroker serve`, for its help.
  package static func documentation(of flag: PartialKeyPath<FlagOverrides>) -> String {
    keys.first { $0.flag?.path == flag }?.documentation ?? ""
  }

  private static let serveKeys: [ConfigurationKey<Configuration>] = [
    .init(
      "listen", .list(of: .listenAddress, count: 1...16), \.listen, flag: .init(\.listen),
      "Addresses that serve the API; port 0 picks a free one. The unix socket lies in the runtime directory."),
    .init(
      "admin_listen", .list(of: .listenAddress, count: 0...16), \.adminListen, flag: .init(\.adminListen),
      "Addresses that serve /healthz, /readyz and /metrics only, without a token; may be reachable from elsewhere."),
    .init(
      "instance_id", .list(of: .instanceID, count: 0...1000), \.instanceIDs, flag: .init(\.instanceID),
      "Instances that are served and kept warm. With none listed anywhere, any instance is served."),
    .init(
      "token_file", .path, \.tokenFile, flag: .init(\.tokenFile),
      "The file of the local bearer token; made at start if it is missing."),
    .init(
      "region", .region, \.region, flag: .init(\.region), example: "us-west-2",
      "The AWS region of instances that name none and whose id is not an ARN."),
    .init(
      "profile", .profile, \.profile, flag: .init(\.profile), example: "contact-centre",
      "The AWS profile whose credentials are used; naming one leaves credentials in the environment aside."),
    .init(
      "endpoint_url", .endpointURL, \.endpointURL, flag: .init(\.endpointURL), example: "https://connect.example.com",
      "The address of Amazon Connect, in place of the region's own."),
    .init(
      "ca_bundle", .path, \.caBundle, flag: .init(\.caBundle), example: "/etc/ssl/certs/ca-certificates.crt",
      "The file of the certificate authorities that upstream is verified against, in place of the system's."),
    .init(
      "no_verify_ssl", .boolean, \.noVerifySSL, flag: .init(\.noVerifySSL),
      "Do not verify upstream's certificate."),
    .init(
      "no_sign_request", .boolean, \.noSignRequest, flag: .init(\.noSignRequest),
      "Do not sign requests to upstream; credentials are not looked for."),
    .init(
      "cli_connect_timeout", .integer(0...86400, unit: "seconds"), \.cliConnectTimeout,
      flag: .init(\.cliConnectTimeout),
      "How many seconds connecting to upstream may take; 0 waits without end."),
    .init(
      "cli_read_timeout", .integer(0...86400, unit: "seconds"), \.cliReadTimeout, flag: .init(\.cliReadTimeout),
      "How many seconds upstream may stay silent; 0 waits without end."),
    .init(
      "log_level", .choice, \.logLevel, flag: .init(\.logLevel),
      "How much is logged to standard error."),
    .init(
      "log_format", .choice, \.logFormat, flag: .init(\.logFormat),
      "How a line of the log is written."),
    .init(
      "emulate", .boolean, \.emulate, flag: .init(\.emulate),
      "Serve from an emulator inside the process: no AWS account, no network."),
  ]

  private static let accessKeys: [ConfigurationKey<Configuration>] = [
    .init(
      "allow_non_loopback", .boolean, \.allowNonLoopback,
      "Allow addresses in listen that other machines can reach."),
    .init(
      "token_group", .accountName, \.tokenGroup, example: "fedbroker",
      "A group whose members may read the token file, which then has mode 0640."),
    .init(
      "socket_users", .list(of: .accountName, count: 0...1000), \.socketUsers,
      "Users that unix sockets admit, beside the daemon's own and root."),
    .init(
      "socket_groups", .list(of: .accountName, count: 0...1000), \.socketGroups,
      "Groups whose members unix sockets admit."),
    .init(
      "allowed_hosts", .list(of: .host, count: 0...1000), \.allowedHosts,
      "Names that Host may have on TCP, beside localhost and loopback addresses."),
    .init(
      "allowed_origins", .list(of: .origin, count: 0...1000), \.allowedOrigins,
      "Origins of the web pages that may call the API."),
    .init(
      "request_timeout", .duration(.seconds(1) ... .seconds(600)), \.requestTimeout,
      "How long a request waits for a token; fetching it goes on."),
  ]

  private static let cacheKeys: [ConfigurationKey<Configuration>] = [
    .init(
      "cache.refresh_before", .duration(.seconds(1) ... .seconds(24 * 3600)), \.cache.refreshBefore,
      "How long before its expiry a token is fetched anew; a third of its lifetime if that is less."),
    .init(
      "cache.idle_after", .duration(.seconds(1) ... .seconds(168 * 3600)), \.cache.idleAfter,
      "How long after the last request for it a token that is not warm is no longer kept fresh."),
    .init(
      "cache.max_entries", .integer(1...100_000), \.cache.maxEntries,
      "How many tokens are kept; the least recently used go first, warm ones last."),
  ]

  private static let upstreamKeys: [ConfigurationKey<Configuration>] = [
    .init(
      "upstream.rate", .number(upTo: 1000), \.upstream.rate,
      "Calls a second to Amazon Connect, for each region. The default is the published quota."),
    .init(
      "upstream.burst", .integer(1...1000), \.upstream.burst,
      "Calls that may go at once after a pause."),
  ]

  private static let limitKeys: [ConfigurationKey<Configuration>] = [
    .init(
      "limits.max_connections", .integer(1...100_000), \.limits.maxConnections,
      "Open connections; beyond them the answer is 503."),
    .init(
      "limits.max_target_bytes", .integer(1024...65536, unit: "bytes"), \.limits.maxTargetBytes,
      "The longest request target; a longer one is answered with 414."),
    .init(
      "limits.max_header_bytes", .integer(1024...1_048_576, unit: "bytes"), \.limits.maxHeaderBytes,
      "The largest header section; a larger one is answered with 431."),
    .init(
      "limits.max_header_fields", .integer(16...1000), \.limits.maxHeaderFields,
      "The most header fields; more are answered with 431."),
    .init(
      "limits.max_body_bytes", .integer(0...1_048_576, unit: "bytes"), \.limits.maxBodyBytes,
      "The largest request body; a larger one is answered with 413."),
    .init(
      "limits.header_timeout", .duration(.milliseconds(100) ... .seconds(300)), \.limits.headerTimeout,
      "How long a client may take to send a header section."),
    .init(
      "limits.idle_timeout", .duration(.milliseconds(100) ... .seconds(3600)), \.limits.idleTimeout,
      "How long a connection may stay open between requests."),
    .init(
      "limits.max_requests_per_connection", .integer(1...1_000_000), \.limits.maxRequestsPerConnection,
      "Requests on one connection, which is then closed."),
    .init(
      "limits.shutdown_timeout", .duration(.milliseconds(100) ... .seconds(300)), \.limits.shutdownTimeout,
      "How long a shutdown waits for requests under way."),
  ]
}

extension Configuration.Instance {
  /// Every key of `[instances.ALIAS]`.
  static let keys: [ConfigurationKey<Configuration.Instance>] = [
    .init(
      "id", .instanceID, \.id, example: .string("11111111-2222-3333-4444-555555555555"),
      "The instance's id or ARN. Required."),
    .init(
      "region", .region, \.region, example: "us-west-2",
      "The instance's AWS region, in place of its ARN's and of the region above."),
    .init(
      "profile", .profile, \.profile, example: "contact-centre",
      "The AWS profile whose credentials are used, in place of the profile above."),
    .init(
      "endpoint_url", .endpointURL, \.endpointURL, example: "https://connect.example.com",
      "The address of Amazon Connect, in place of the endpoint_url above."),
    .init(
      "role_arn", .roleARN, \.roleARN, example: "arn:aws:iam::123456789012:role/ConnectAgent",
      "The role that is assumed with the profile's credentials."),
    .init(
      "role_session_name", .sessionName, \.roleSessionName, example: "agent7@example.com",
      "The session name of role_arn: the name of the Amazon Connect user."),
    .init(
      "external_id", .externalID, \.externalID, example: "contact-centre-7",
      "The external id that the owner of role_arn wants."),
    .init(
      "session_names", .list(of: .sessionNamePattern, count: 0...1000), \.sessionNames,
      "Session names of role_arn that callers may ask for by ?session_name=; {peer} is the user name of a socket's peer."
    ),
    .init(
      "warm", .boolean, \.warm,
      "Fetch a token at start and keep it fresh."),
  ]
}
