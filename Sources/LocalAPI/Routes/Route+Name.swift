extension Route {
  /// What a request asked for, in metrics and in the log: few and fixed, whatever callers send.
  enum Name: Int, Sendable, CaseIterable {
    /// Refused before its route was looked at, or without one.
    case none
    case token
    case refresh
    case forget
    case instances
    case federate
    case healthz
    case readyz
    case metrics
    case openapi
    case signIn
    case statusPage
  }

  var name: Name {
    switch self {
    case .token: .token
    case .refresh: .refresh
    case .forget: .forget
    case .instances: .instances
    case .federate: .federate
    case .health: .healthz
    case .readiness: .readyz
    case .metrics: .metrics
    case .description: .openapi
    case .desktop(.signIn), .desktop(.signInPage), .desktop(.signInPageHead): .signIn
    case .desktop(.openStatusPage), .desktop(.pageKey), .desktop(.statusPage): .statusPage
    }
  }
}
