internal import HTTPTypes
internal import LocalHTTP
internal import Secrets
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

  /// What is known about the caller.
  struct Caller: Sendable, Equatable {
    /// Whether the caller proved that it has the token, or is an allowed peer.
    let isAuthenticated: Bool
    /// The allowed origin of the page that asks, which CORS must name in the answer.
    var origin: String?
    /// The request's signature by the local key pair, for the proof of the answer.
    var signature: String?
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
  ///   - earliestSignature: The first second whose signatures count, likewise; see `ServingState`.
  ///   - pages: Knows whether the request has a valid one-time code; asked only if a page of another site opened this one.
  ///   - match: The path of the request. (No closure has these two: to make one costs a hit a tenth of its time.)
  func admit(
    _ request: Request, from client: Client, token: Secret, now: @autoclosure () -> Int64,
    earliestSignature: Int64? = nil, pages: Pages? = nil, match: RouteTable.Match = RouteTable.Match()
  ) throws(Problem) -> Caller {
    if case .tcp = client.transport { try checkHost(request) }
    try checkNotForwarded(request)
    let origin = try checkOrigin(request, pages, match)
    switch client.transport {
    case .unix(let uid, let gids):
      guard policy.peers.allows(uid: uid, gids: gids) else {
        throw .forbidden("The user at the other end of this socket is not among those allowed.")
      }
      return Caller(isAuthenticated: true, origin: origin)
    case .tcp:
      if showsToken(request, token) { return Caller(isAuthenticated: true, origin: origin) }
      guard LocalSignature.isClaimed(by: request) else { return Caller(isAuthenticated: false, origin: origin) }
      let signature = try LocalSignature(token: token, now: now(), earliestDate: earliestSignature).verify(request)
      return Caller(isAuthenticated: true, origin: origin, signature: signature)
    }
  }

  /// Stops DNS rebinding: a page of attacker.example whose name resolves to 127.0.0.1 still sends its own name.
  private func checkHost(_ request: Request) throws(Problem) {
    if request.withAuthority({ $0.isPlainLoopback }) == true { return }
    guard let authority = request.authority else { return }
    guard let authority = Authority(authority), authority.isLoopback || policy.allowedHosts.contains(authority.host)
    else {
      throw .forbidden("This Host is not served: use localhost, a loopback address or one of allowed_hosts.")
    }
  }

  /// Stops requests that a proxy on this machine forwards for someone else.
  private func checkNotForwarded(_ request: Request) throws(Problem) {
    guard !request.contains("forwarded"), !request.contains("x-forwarded-for"), !request.contains("x-forwarded-host"),
      !request.contains("via")
    else { throw .forbidden("Forwarded requests are not answered.") }
  }

  /// Stops web pages of other origins, which can make a browser send almost any request to a loopback address.
  private func checkOrigin(
    _ request: Request, _ pages: Pages?, _ match: RouteTable.Match
  ) throws(Problem) -> String? {
    if let text = request.value("origin") {
      let origin = text.lowercased()
      if policy.allowedOrigins.contains(origin) { return text }
      guard let authority = request.authority, origin == "http://" + authority.lowercased() else {
        throw .forbidden("Pages of this origin may not ask: see allowed_origins.")
      }
    }
    let metadata = FetchMetadata(request)
    guard let site = metadata.site, site != "none", site != "same-origin" else { return nil }
    guard metadata.isDocumentNavigation, let pages, pages.holdsCode(request, for: match) else {
      throw .forbidden("Pages of other sites may not ask.")
    }
    return nil
  }

  private func showsToken(_ request: Request, _ token: Secret) -> Bool {
    Self.showsBearer(request) { token.constantTimeEquals($0) }
  }

  /// Returns whether a request shows a bearer token that `matches`.
  static func showsBearer(_ request: Request, _ matches: (Span<UInt8>) -> Bool) -> Bool {
    request.withValue("authorization") { value in
      // RFC 9110 §11.4: the scheme is case-insensitive, then come spaces.
      let scheme: StaticString = "bearer"
      var start = scheme.utf8CodeUnitCount
      guard value.count > start else { return false }
      for index in 0..<start where value[index] | 0x20 != scheme.utf8Start[index] { return false }
      guard value[start] == UInt8(ascii: " ") else { return false }
      while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
      return matches(value.extracting(start..<value.count))
    } ?? false
  }
}
