/// What a caller may ask, by what it showed.
enum Rights: Sendable, Equatable {
  /// The token, or an allowed peer of a unix socket.
  case everything
  /// The key of a status page.
  case page
  case nothing

  func allow(_ route: Route) -> Bool {
    switch (self, route) {
    case (.everything, _): true
    // What they are asked with, a one-time code or nothing, is looked at where they are answered.
    case (_, .health), (_, .readiness), (_, .desktop(.signInPage)), (_, .desktop(.signInPageHead)),
      (_, .desktop(.statusPage)), (_, .desktop(.pageKey)):
      true
    case (.page, .instances), (.page, .refresh), (.page, .desktop(.signIn)): true
    default: false
    }
  }
}

extension Problem {
  static let beyondPageKey = forbidden("The key of a status page is good for the state, refresh and sign-in only.")
}
