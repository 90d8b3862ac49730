import HTTPTypes
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

/// A request that a caller puts together, one choice an event, and the decision about it at each step.
private struct ExploredAccess: ExplorableSystem {
  enum Transport: String, Hashable, CaseIterable { case tcp, ownUser, group, stranger, overflow }
  enum Shown: String, Hashable, CaseIterable { case nothing, wrong, first, second, half, misplaced }
  enum Host: String, Hashable, CaseIterable { case loopback, listed, foreign, absent }
  enum Origin: String, Hashable, CaseIterable { case absent, own, listed, foreign, opaque }
  enum Site: String, Hashable, CaseIterable { case absent, none, sameOrigin, crossSite, navigation }
  enum Proxy: String, Hashable, CaseIterable { case absent, forwarded, empty }

  enum Event: Sendable, CustomStringConvertible {
    case connect(Transport)
    case show(Shown)
    case call(Host)
    case comeFrom(Origin)
    case fetch(Site)
    case pass(Proxy)

    var description: String {
      switch self {
      case .connect(let choice): "connect as \(choice)"
      case .show(let choice): "show \(choice)"
      case .call(let choice): "Host \(choice)"
      case .comeFrom(let choice): "Origin \(choice)"
      case .fetch(let choice): "Sec-Fetch \(choice)"
      case .pass(let choice): "Forwarded \(choice)"
      }
    }
  }

  private static let tokens = [
    "0123456789abcdef0123456789abcdef0123456789a", "a-second-token-a-second-token-a-second-toke",
  ]
  private static let policy: AccessGuard.Policy = {
    var policy = AccessGuard.Policy()
    policy.allowedHosts = ["broker.corp.example"]
    policy.allowedOrigins = ["https://desk.example.com"]
    policy.peers = PeerPolicy(uids: [1000], gids: [50])
    return policy
  }()

  private var transport = Transport.tcp
  private var shown = Shown.nothing
  private var host = Host.loopback
  private var origin = Origin.absent
  private var site = Site.absent
  private var proxy = Proxy.absent

  init() {}

  var events: [Event] {
    var events: [Event] = []
    if transport == .tcp { events += Transport.allCases.dropFirst().map { .connect($0) } }
    if shown == .nothing { events += Shown.allCases.dropFirst().map { .show($0) } }
    if host == .loopback { events += Host.allCases.dropFirst().map { .call($0) } }
    if origin == .absent { events += Origin.allCases.dropFirst().map { .comeFrom($0) } }
    if site == .absent { events += Site.allCases.dropFirst().map { .fetch($0) } }
    if proxy == .absent { events += Proxy.allCases.dropFirst().map { .pass($0) } }
    return events
  }

  mutating func apply(_ event: Event) throws(BrokenInvariant) -> String {
    switch event {
    case .connect(let choice): transport = choice
    case .show(let choice): shown = choice
    case .call(let choice): host = choice
    case .comeFrom(let choice): origin = choice
    case .fetch(let choice): site = choice
    case .pass(let choice): proxy = choice
    }
    let outcome = outcome
    try check(outcome)
    return outcome
  }

  private var outcome: String {
    var fields: HTTPFields = [:]
    switch shown {
    case .nothing: break
    case .wrong: fields[.authorization] = "Bearer \(Self.tokens[0].uppercased())"
    case .first: fields[.authorization] = "Bearer \(Self.tokens[0])"
    case .second: fields[.authorization] = "Bearer \(Self.tokens[1])"
    case .half: fields[.authorization] = "Bearer \(Self.tokens[0].dropLast())"
    case .misplaced: fields[.cookie] = "token=\(Self.tokens[0])"
    }
    let authority: String? =
      switch host {
      case .loopback: "localhost:2776"
      case .listed: "broker.corp.example"
      case .foreign: "attacker.example"
      case .absent: nil
      }
    switch origin {
    case .absent: break
    case .own: fields[.origin] = "http://\(authority ?? "localhost:2776")"
    case .listed: fields[.origin] = "https://desk.example.com"
    case .foreign: fields[.origin] = "https://attacker.example"
    case .opaque: fields[.origin] = "null"
    }
    let sites: [Site: String] = [
      .none: "none", .sameOrigin: "same-origin", .crossSite: "cross-site", .navigation: "cross-site",
    ]
    if let name = HTTPField.Name("Sec-Fetch-Site") { fields[name] = sites[site] }
    if site == .navigation, let mode = HTTPField.Name("Sec-Fetch-Mode"),
      let destination = HTTPField.Name("Sec-Fetch-Dest")
    {
      fields[mode] = "navigate"
      fields[destination] = "document"
    }
    if proxy != .absent, let name = HTTPField.Name("Forwarded") {
      fields[name] = proxy == .empty ? "" : "for=10.0.0.1"
    }
    let client: Client =
      switch transport {
      case .tcp: Client(transport: .tcp)
      case .ownUser: Client(transport: .unix(uid: 1000, gids: [7]))
      case .group: Client(transport: .unix(uid: 2000, gids: [7, 50]))
      case .stranger: Client(transport: .unix(uid: 2001, gids: [7]))
      case .overflow: Client(transport: .unix(uid: 65534, gids: [50]))
      }
    do {
      let request = try Request(
        method: .get, target: "/v1/instances/demo/token", authority: authority, fields: fields)
      let admission = try AccessGuard(policy: Self.policy).admit(
        request, from: client,
        tokens: BearerTokens([
          BearerToken("fedbroker", Secret(Self.tokens[0])), BearerToken("desk", Secret(Self.tokens[1])),
        ]), now: 0)
      return admission.isAuthenticated
        ? "admitted\(admission.token.map { " by token \($0)" } ?? "")" : "not authenticated"
    } catch {
      return "refused"
    }
  }

  /// SPEC section 6, rule by rule, and not by the guard's own code.
  private func check(_ outcome: String) throws(BrokenInvariant) {
    let isAdmitted = outcome.hasPrefix("admitted")
    let isRefused = outcome == "refused"
    try expect(host != .absent || isRefused, "a request without Host is not refused")
    try expect(proxy == .absent || isRefused, "a forwarded request is not refused")
    try expect(origin != .foreign && origin != .opaque || isRefused, "a page of another origin is not refused")
    let crosses = site == .crossSite || site == .navigation
    try expect(!crosses || origin == .listed || isRefused, "what a page of another site caused is not refused")
    if transport == .tcp {
      try expect(host != .foreign || isRefused, "a foreign Host is not refused")
      try expect(!isAdmitted || shown == .first || shown == .second, "admitted without a token")
      if isAdmitted { try expect(outcome.hasSuffix(shown == .first ? " 0" : " 1"), "taken for another token's bearer") }
    } else {
      try expect(!isAdmitted || transport == .ownUser || transport == .group, "a user is admitted who is not allowed")
      try expect(isAdmitted || isRefused, "a user of the socket is neither admitted nor refused")
    }
    let mayAsk =
      proxy == .absent && origin != .foreign && origin != .opaque && (!crosses || origin == .listed)
      && host != .absent
      && (transport == .tcp
        ? host != .foreign && (shown == .first || shown == .second) : transport == .ownUser || transport == .group)
    try expect(!mayAsk || isAdmitted, "somebody who may ask is not admitted")
  }

  private func expect(_ holds: Bool, _ invariant: String) throws(BrokenInvariant) {
    guard holds else { throw BrokenInvariant(invariant) }
  }

  var fingerprint: String { "\(transport) \(shown) \(host) \(origin) \(site) \(proxy)" }
  var stateName: String { outcome }
}

@Suite struct AccessExplorationTests {
  @Test("whatever a request shows, together with whatever else, it is admitted where the rules say so and nowhere else")
  func states() {
    let exploration = Exploration<ExploredAccess>()
    print("AccessGuard: \(exploration.summary)")
    #expect(exploration.fault == nil)
    // Each choice with each other.
    #expect(exploration.stateCount == 5 * 6 * 4 * 5 * 5 * 3)
    #expect(exploration.isWhole)
  }
}
