package import Secrets
internal import System

/// A text that cannot be guessed.
package enum RandomToken {
  /// Characters of each.
  package static let length = 43

  /// Returns 32 random bytes in base64url: 43 characters.
  package static func make() -> Secret { Base64.url.encode(RandomBytes.secret(count: 32)) }
}
