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
    /// The allowed origin of the page that asks, which CORS must name in the answer.
    var origin: String?
    /// The request's signature by the local key pair, for the proof of the answer.
    var signature: LocalSignature.Verified?
  }

  private let policy: Policy

  package init(policy: Policy) {
    self.policy = policy
  }

  /// Admits a request, or throws the reason for refusing it.
  ///
  /// A TCP client without the token is admitted too, as not authenticated: the route decides what it may do.
  ///
  /// - Parameters:
  ///   - now: Seconds since the epoch; read only if there is a signature.
  ///   - pages: Knows whether the request has a valid one-time code; asked only if a page of another site opened this one.
  ///   - match: The path of the request. (No closure has these two: to make one costs a hit a tenth of its time.)
  func admit(
    _ request: Request, from client: Client, tokens: BearerTokens, now: @autoclosure () -> Int64,
    pages: Pages? = nil, match: RouteTable.Match = RouteTable.Match()
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
      let signature = try LocalSignature(tokens: tokens, now: now()).verify(request)
      return Admission(isAuthenticated: true, token: signature.token, origin: origin, signature: signature)
    }
  }

  /// Stops DNS rebinding: a page of attacker.example whose name resolves to 127.0.0.1 still sends its own name.
  private func checkHost(_ request: Request) throws(Problem) {
    if request.withAuthority({ $0.isPlainLoopback }) == true { return }
    guard let authority = request.authority else { return }
    guard let authority = Authority(authority), authority.isLoopback || policy.allowedHosts.contains(authority.host)
    else {
      throw .forbidden(.host, "This Host is not served: use localhost, a loopback address or one of allowed_hosts.")
    }
  }

  /// Stops requests that a proxy on this machine forwards for someone else.
  private func checkNotForwarded(_ request: Request) throws(Problem) {
    guard !request.contains("forwarded"), !request.contains("x-forwarded-for"), !request.contains("x-forwarded-host"),
      !request.contains("via")
    else { throw .forbidden(.forwarded, "Forwarded requests are not answered.") }
  }

  /// Stops web pages of other origins, which can make a browser send almost any request to a loopback address.
  private func checkOrigin(
    _ request: Request, _ pages: Pages?, _ match: RouteTable.Match
  ) throws(Problem) -> String? {
    if let text = request.value("origin") {
      let origin = text.lowercased()
      if policy.allowedOrigins.contains(origin) { return text }
      guard let authority = request.authority, origin == "http://" + authority.lowercased() else {
        throw .forbidden(.origin, "Pages of this origin may not ask: see allowed_origins.")
      }
    }
    let metadata = FetchMetadata(request)
    guard let site = metadata.site, site != "none", site != "same-origin" else { return nil }
    guard metadata.isDocumentNavigation, let pages, pages.holdsCode(request, for: match) else {
      throw .forbidden(.origin, "Pages of other sites may not ask.")
    }
    return nil
  }

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
