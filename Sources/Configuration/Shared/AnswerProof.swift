package import Secrets
internal import System

/// The proof that an answer is the daemon's own, made with the local token.
///
/// Each answer to a request that is signed with the local key pair carries it in the field `Fedbroker-Proof`: the
/// HMAC-SHA-256, keyed by the token, of four lines, joined by line feeds and without one at the end:
///
/// 1. `fedbroker-proof`
/// 2. the request's `Signature`, 64 hexadecimal digits
/// 3. the status code of the answer
/// 4. the SHA-256 of the answer's content, before any content coding, in hexadecimal; that of no bytes for `HEAD` and for
///    an answer without content
///
/// in lower-case hexadecimal. A program that took the port while the daemon was away cannot make it.
package enum AnswerProof {
  /// The name of the header field.
  package static let fieldName = "Fedbroker-Proof"

  /// Returns the value of the field.
  package static func value(token: Secret, signature: String, status: Int, contentDigest: String) -> String {
    let code = Digest.authenticationCode(of: "fedbroker-proof\n\(signature)\n\(status)\n\(contentDigest)", key: token)
    return code.withBytes { code in Hexadecimal.encode(code.indices.map { code[$0] }) }
  }
}
