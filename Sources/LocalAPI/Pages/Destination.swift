/// Where in Amazon Connect a sign-in ends, as a path.
struct Destination: Sendable, Equatable {
  let path: String

  /// The page that Connect chooses.
  static let root = Destination(path: "/")

  private init(path: String) {
    self.path = path
  }

  /// Takes a path on the instance's own host only.
  ///
  /// Browsers read `//host` and `/\host` as another host, and drop tabs and line breaks before they look (WHATWG URL,
  /// "basic URL parser"): Connect might redirect there with someone's credentials.
  init?(_ text: String) {
    let scalars = text.unicodeScalars
    guard scalars.first == "/", scalars.dropFirst().first != "/", scalars.dropFirst().first != "\\",
      !scalars.contains(where: { $0.properties.generalCategory == .control })
    else { return nil }
    path = text
  }
}
