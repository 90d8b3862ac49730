internal import HTTPTypes
internal import LocalHTTP
internal import System

/// Decides who may call the API, before any other work.
///
/// By default these are programs of the same machine that can read the token file, or that the kernel names as an allowed
/// peer of a unix socket. No web page may, whatever it sends through a browser.
package final class AccessGuard: Sendable {
  /// The callers that are admitted beside those with the token.
  package struct Policy: Sendable, Equatable {
    /// Host names that TCP clients may use beside the loopback ones, in lower case, without a port.
    package var allowedHosts: Set<String> = []
    /// Serialized origins (RFC 6454 §6.1) whose pages may call the API, in lower case.
    package var allowedOrigins: Set<String> = []
    package var peers = PeerPolicy()

    package init() {}
  }

  /// What a caller has proved.
  struct Admission: Sendable, Equatable {
    /// Whether the caller proved that it has a token, or is an allowed peer.
    let isAuthenticated: Bool
    /// Which of the tokens it has; `nil` on a unix socket.
    var token: Int?
    /// Whether the signature may be good, which shows once the body's digest is known.
    var isSignaturePending = false
    /// The allowed origin of the page that asks, which CORS must name in the answer.
    var origin: String?
    /// The request's signature by the local key pair, for the proof of the answer.
    var signature: LocalSignature.Verified?
  }

  private let policy: Policy

  package init(policy: Policy) {
    self.policy = policy
  }

  /// Returns whether a user may call without a token, as the kernel names it.
  func admits(uid: UInt32, gids: [UInt32]) -> Bool { policy.peers.allows(uid: uid, gids: gids) }

  /// Whether a user's groups matter to that.
  var asksForGroups: Bool { !policy.peers.gids.isEmpty }

  /// Admits a request, or throws the reason for refusing it.
  ///
  /// A TCP client without the token is admitted too, as not authenticated: the route decides what it may do. What this
  /// costs is bounded whatever the request holds, since anyone can have it done.
  ///
  /// - Parameters:
  ///   - now: Seconds since the epoch; read only if there is a signature.
  ///   - pages: Knows whether the request has a valid one-time code; asked only if a page of another site opened this one.
  ///   - isBodyPending: Whether the body is still to come, which a signature covers.
  ///   - match: The path of the request. (No closure has these two: to make one costs a hit a tenth of its time.)
  func admit(
    _ request: Request, from client: Client, tokens: BearerTokens, now: @autoclosure () -> Int64,
    isBodyPending: Bool = false, pages: Pages? = nil, match: RouteTable.Match = RouteTable.Match()
  ) throws(Problem) -> Admission {
    if case .tcp = client.transport { try checkHost(request) }
    try checkNotForwarded(request)
    let origin = try checkOrigin(request, pages, match)
    switch client.transport {
    case .unix(let uid, let gids):
      guard policy.peers.allows(uid: uid, gids: gids) else {
        throw .forbidden(.peer, "The user at the other end of this socket is not among those allowed.")
      }
      return Admission(isAuthenticated: true, origin: origin)
    case .tcp:
      if let token = Self.bearer(of: request, { tokens.index(of: $0) }) {
        return Admission(isAuthenticated: true, token: token, origin: origin)
      }
      guard LocalSignature.isClaimed(by: request) else { return Admission(isAuthenticated: false, origin: origin) }
      let claimed = try LocalSignature(of: request, tokens)
      if isBodyPending { return Admission(isAuthenticated: false, isSignaturePending: true, origin: origin) }
      let signature = try claimed.verify(request, now: now())
      return Admission(isAuthenticated: true, token: signature.token, origin: origin, signature: signature)
    }
  }

  /// Stops DNS rebinding: a page of attacker.example whose name resolves to 127.0.0.1 still sends its own name.
  private func checkHost(_ request: Request) throws(Problem) {
    if request.withAuthority({ $0.isPlainLoopback }) == true { return }
    guard let length = request.withAuthority({ $0.count }) else { return }
    guard length <= Self.longestAuthority, let authority = request.authority.flatMap({ Authority($0) }),
      authority.isLoopback || policy.allowedHosts.contains(authority.host)
    else {
      throw .forbidden(.host, "This Host is not served: use localhost, a loopback address or one of allowed_hosts.")
    }
  }

  /// Bytes of a host's name (RFC 1035 §2.3.4) and a port, with some to spare.
  private static let longestAuthority = 300

  /// Stops requests that a proxy on this machine forwards for someone else.
  private func checkNotForwarded(_ request: Request) throws(Problem) {
    guard !request.containsAny(of: Self.forwardingFields) else {
      throw .forbidden(.forwarded, "Forwarded requests are not answered.")
    }
  }

  /// What proxies and content delivery networks add to a request: the standard's own (RFC 7239, RFC 9110 §7.6.3), the
  /// customary ones before it, and those that well-known products add alone.
  private static let forwardingFields: FieldNames = [
    "forwarded", "via", "x-forwarded", "x-forwarded-by", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
    "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-server", "x-forwarded-ssl",
    "x-original-forwarded-for", "x-original-host", "x-original-url", "x-rewrite-url", "x-real-ip", "x-client-ip",
    "x-cluster-client-ip", "x-envoy-external-address", "client-ip", "true-client-ip", "cf-connecting-ip",
    "fastly-client-ip", "proxy-client-ip", "wl-proxy-client-ip",
  ]

  /// Stops web pages of other origins, which can make a browser send almost any request to a loopback address.
  private func checkOrigin(
    _ request: Request, _ pages: Pages?, _ match: RouteTable.Match
  ) throws(Problem) -> String? {
    if let length = request.withValue("origin", { $0.count }) {
      guard length <= "https://".utf8.count + Self.longestAuthority, let text = request.value("origin") else {
        throw Self.foreignOrigin
      }
      let origin = text.lowercased()
      if policy.allowedOrigins.contains(origin) { return text }
      guard let authority = request.authority, origin == "http://" + authority.lowercased() else {
        throw Self.foreignOrigin
      }
    }
    let metadata = FetchMetadata(request)
    guard metadata.isFromOtherSite else { return nil }
    if metadata.isDocumentNavigation {
      if match.resource?.entry(for: request.method)?.route.isOpenToNavigation == true { return nil }
      if let pages, pages.holdsCode(request, for: match) { return nil }
    }
    throw .forbidden(.origin, "Pages of other sites may not ask.")
  }

  private static let foreignOrigin = Problem.forbidden(
    .origin, "Pages of this origin may not ask: see allowed_origins.")

  /// Returns what `find` says of the bearer token that a request shows; `nil` where it shows none.
  static func bearer<Found>(of request: Request, _ find: (Span<UInt8>) -> Found?) -> Found? {
    request.withValue("authorization") { value -> Found? in
      // RFC 9110 §11.4: the scheme is case-insensitive, then come spaces.
      let scheme: StaticString = "bearer"
      var start = scheme.utf8CodeUnitCount
      guard value.count > start else { return nil }
      for index in 0..<start where value[index] | 0x20 != scheme.utf8Start[index] { return nil }
      guard value[start] == UInt8(ascii: " ") else { return nil }
      while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
      return find(value.extracting(start..<value.count))
    } ?? nil
  }
}
