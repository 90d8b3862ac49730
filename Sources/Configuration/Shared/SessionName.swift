internal import System

/// The session name of an assumed role, which is the name of the Amazon Connect user.
package enum SessionName {
  /// Returns whether STS accepts the name: `[\w+=,.@-]{2,64}`.
  ///
  /// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. `\w` is ASCII there.
  package static func isValid(_ name: String) -> Bool {
    2...64 ~= name.utf8.count && name.utf8.allSatisfy(isAllowed)
  }

  static func isAllowed(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "_+=,.@-".utf8.contains(byte)
  }
}

/// A pattern of session names: `*` stands for any characters, `{peer}` for the user name of a unix socket's peer.
package struct SessionNamePattern: Sendable, Hashable {
  private static let peer = "{peer}"

  let text: String

  /// Returns `nil` where the text has characters that no session name may have.
  package init?(_ text: String) {
    let literals = text.replacing(Self.peer, with: "").replacing("*", with: "")
    guard 1...128 ~= text.utf8.count, literals.utf8.allSatisfy(SessionName.isAllowed) else { return nil }
    self.text = text
  }

  /// Whether the peer's user name decides.
  package var namesPeer: Bool { text.contains(Self.peer) }

  /// Returns whether the pattern matches `name`.
  ///
  /// - Parameter peer: The caller's user name, in which `*` is an ordinary character; without one no pattern with
  ///   `{peer}` matches.
  package func allows(_ name: String, peer: String?) -> Bool {
    var pieces = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    if namesPeer {
      guard let peer, !peer.isEmpty else { return false }
      pieces = pieces.map { $0.replacing(Self.peer, with: peer) }
    }
    guard let last = pieces.popLast() else { return false }
    guard let first = pieces.first else { return name == last }
    var rest = name[...]
    guard rest.hasPrefix(first) else { return false }
    rest = rest.dropFirst(first.count)
    for piece in pieces.dropFirst() where !piece.isEmpty {
      guard let place = rest.firstRange(of: piece) else { return false }
      rest = rest[place.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}
