package import LocalHTTP
package import Logging

/// What the daemon runs by: every value checked, the defaults filled in.
///
/// The initial values here are the defaults that `fedbroker check-config` shows and `config/fedbroker.toml` lists.
/// `Configuration+Keys.swift` declares the key, the allowed range and the documentation of each.
package struct Configuration: Sendable, Equatable {
  /// At least one.
  package var listen: [ListenAddress]
  /// Serve `/healthz`, `/readyz` and `/metrics` only, and may be reachable from elsewhere.
  package var adminListen: [ListenAddress] = []
  /// The instances that `instance_id` lists; `instances` has them too.
  package var instanceIDs: [String] = []
  /// Where the local bearer token lies.
  package var tokenFile: String
  package var region: String?
  package var profile: String?
  /// An `http` or `https` address without user name, query and fragment.
  package var endpointURL: String?
  package var caBundle: String?
  package var noVerifySSL = false
  package var noSignRequest = false
  /// Seconds; 0 waits without end, and 60 is the AWS CLI's default.
  package var cliConnectTimeout = 60
  /// Seconds between two arriving bytes; 0 waits without end, and 60 is the AWS CLI's default.
  package var cliReadTimeout = 60
  package var logLevel = Logger.Level.info
  package var logFormat = LogFormat.text
  package var emulate = false

  package var allowNonLoopback = false
  /// The group that may read the token file.
  package var tokenGroup: String?
  /// Names or numeric ids of the users that unix sockets admit beside the daemon's own and root.
  package var socketUsers: [String] = []
  /// Names or numeric ids of the groups that unix sockets admit.
  package var socketGroups: [String] = []
  /// Lower case, without port and brackets.
  package var allowedHosts: [String] = []
  /// As browsers send them in `Origin`: lower case, without a trailing slash.
  package var allowedOrigins: [String] = []
  /// How long a request waits for a token.
  package var requestTimeout = Duration.seconds(30)

  package var cache = Cache()
  package var upstream = Upstream()
  package var limits = Limits()
  /// Sorted by alias; each alias once.
  package var instances: [Instance] = []

  package init(listen: [ListenAddress], tokenFile: String) {
    self.listen = listen
    self.tokenFile = tokenFile
  }

  /// Whether any instance may be asked for, which is so when none is listed.
  package var servesAnyInstance: Bool { instances.isEmpty }

  package enum LogFormat: String, Sendable, CaseIterable {
    case text
    case json
  }

  package struct Cache: Sendable, Equatable {
    package var refreshBefore = Duration.seconds(5 * 60)
    package var idleAfter = Duration.seconds(60 * 60)
    package var maxEntries = 1000

    package init() {}
  }

  /// The token bucket in front of Connect; its defaults are Connect's published quota.
  package struct Upstream: Sendable, Equatable {
    /// Calls a second, for a region.
    package var rate = 2.0
    package var burst = 5

    package init() {}
  }

  package struct Limits: Sendable, Equatable {
    package var maxConnections = 1024
    package var maxTargetBytes = 8192
    package var maxHeaderBytes = 32768
    package var maxHeaderFields = 100
    package var maxBodyBytes = 65536
    package var headerTimeout = Duration.seconds(10)
    package var idleTimeout = Duration.seconds(60)
    package var maxRequestsPerConnection = 10000
    package var shutdownTimeout = Duration.seconds(10)

    package init() {}
  }

  package struct Instance: Sendable, Equatable {
    /// What callers ask for; the id itself for an instance that `instance_id` lists.
    package let alias: String
    /// A UUID or an ARN: 1 to 100 characters.
    package var id = ""
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
    package var sessionNames: [SessionNamePattern] = []
    /// Fetched at start and kept fresh.
    package var warm = false

    package init(alias: String) {
      self.alias = alias
    }
  }
}
