package import Secrets

/// A bearer token in force.
package struct BearerToken: Sendable {
  /// What rules and the audit log call it, and the access key id of those who sign with it.
  package let name: String
  package let secret: Secret
  /// The first second, since the epoch, that began after this process had begun to listen: a request that was signed
  /// before it may have been seen by another program, which had the port then.
  ///
  /// `nil` where there was nothing to sign with before: this process made the token itself, after it had all its
  /// addresses. It is a reading of the wall clock of that time, as the dates of signatures are: where the clock is set
  /// back behind it, signatures count again when it is reached.
  package let earliestSignature: Int64?

  package init(_ name: String, _ secret: Secret, earliestSignature: Int64? = nil) {
    self.name = name
    self.secret = secret
    self.earliestSignature = earliestSignature
  }
}

/// The bearer tokens in force: that of `token_file` first, then those of `[tokens.NAME]`.
package struct BearerTokens: Sendable {
  private var tokens: [BearerToken]

  /// - Parameter tokens: One at least, each with a name of its own.
  package init(_ tokens: [BearerToken]) {
    self.tokens = tokens
  }

  subscript(index: Int) -> BearerToken { tokens[index] }

  /// Returns the token of that name; `nil` where there is none.
  package func token(named name: String) -> BearerToken? { tokens.first { $0.name == name } }

  /// Returns the same with another token in the place of the one of its name.
  package func replacing(_ token: BearerToken) -> BearerTokens {
    BearerTokens(tokens.map { $0.name == token.name ? token : $0 })
  }

  /// Returns whether the same secrets have the same names.
  func hasSameSecrets(as other: BearerTokens) -> Bool {
    tokens.elementsEqual(other.tokens) { $0.name == $1.name && $0.secret == $1.secret }
  }

  /// Returns the token that is shown.
  ///
  /// Each token is compared, whichever it is: the time that this takes depends on their number and lengths only.
  func index(of shown: Span<UInt8>) -> Int? {
    var found: Int?
    for index in tokens.indices where tokens[index].secret.constantTimeEquals(shown) { found = index }
    return found
  }

  /// Returns the token whose name is an access key id; names are no secrets.
  func index(ofAccessKey id: String) -> Int? { tokens.firstIndex { $0.name == id } }
}
