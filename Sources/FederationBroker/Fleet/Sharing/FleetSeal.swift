package import AWS
package import Clocks
package import Secrets
internal import System

/// Encrypts tokens for a store, and proves of what comes from there whose token it is.
///
/// `version ‖ length of key id ‖ key id ‖ created ‖ expiry ‖ nonce ‖ ciphertext ‖ tag`, the two times in milliseconds by
/// AWS's clock, eight bytes each. All that goes before the nonce, the scope, the identity and the generation are proved
/// with it, so that an entry is good for nobody else, under no other name, and for no other generation. Pure, but for the
/// random nonce.
package struct FleetSeal: Sendable {
  /// Why an entry is not used.
  package enum Rejection: String, Error, Sendable, CaseIterable {
    /// It is not encrypted by one of our keys, or in no form that is known.
    case key
    /// It is another's, or was changed.
    case identity
    /// Its life is over.
    case expired
    /// It was dropped.
    case dropped
  }

  private static let version: UInt8 = 1

  private let keys: FleetKeys
  private let scope: FleetScope

  package init(keys: FleetKeys, scope: FleetScope) {
    self.keys = keys
    self.scope = scope
  }

  /// What an identity's entry may be called, first by the key that encrypts.
  ///
  /// While keys are exchanged some daemons have another first key.
  package func names(of identity: FleetIdentity) -> [String] {
    let text = Self.joined(
      [identity.endpoint, identity.region, identity.instanceID, identity.caller].map { Array($0.utf8) })
    return keys.keys.map { key in
      let code = Digest.authenticationCode(of: Hexadecimal.encode(text), key: key.naming)
      return code.withBytes { bytes in Hexadecimal.encode((0..<16).map { bytes[$0] }) }
    }
  }

  /// Encrypts a token that AWS gave at `created` and that expires at `expiry`, both by AWS's clock.
  package func seal(
    _ token: FederationToken, of identity: FleetIdentity, generation: String, created: Milliseconds,
    expiry: Milliseconds
  ) -> Secret {
    let key = keys.keys[0]
    let header =
      [Self.version, UInt8(key.id.utf8.count)] + Array(key.id.utf8) + Self.bytes(created) + Self.bytes(expiry)
    let nonce = RandomBytes.secret(count: AuthenticatedEncryption.nonceByteCount).withBytes { nonce in
      nonce.indices.map { nonce[$0] }
    }
    let sealed = AuthenticatedEncryption.seal(
      TokenCoding.encode(token), key: key.encryption, nonce: nonce,
      associatedData: associatedData(header, identity, generation))
    return Secret(header + nonce + sealed)
  }

  /// Decrypts an entry, if it is one of the identity.
  package func open(
    _ entry: SealedEntry, of identity: FleetIdentity
  ) throws(Rejection) -> (token: FederationToken, created: Milliseconds) {
    let content = entry.content
    guard let layout = Self.layout(of: content), let key = keys.keys.first(where: { $0.id == layout.keyID }) else {
      throw .key
    }
    // The server's word for the expiry is believed only where it is the sealed one.
    guard layout.expiry == entry.expiry else { throw .identity }
    let sealed = content.withBytes { bytes in
      let rest = bytes.extracting(layout.nonceEnd...)
      return Secret(capacity: rest.count) { $0.append(contentsOf: rest) }
    }
    guard
      let plaintext = AuthenticatedEncryption.open(
        sealed, key: key.encryption, nonce: layout.nonce,
        associatedData: associatedData(layout.header, identity, entry.generation)),
      let token = TokenCoding.decode(plaintext),
      token.accessTokenExpiration?.milliseconds == layout.expiry
    else { throw .identity }
    return (token, layout.created)
  }

  private struct Layout {
    let header: [UInt8]
    let keyID: String
    let created: Milliseconds
    let expiry: Milliseconds
    let nonce: [UInt8]
    let nonceEnd: Int
  }

  private static func layout(of content: Secret) -> Layout? {
    content.withBytes { bytes in
      guard bytes.count >= 2, bytes[0] == version, 1...16 ~= bytes[1] else { return nil }
      let headerEnd = 2 + Int(bytes[1]) + 16
      let nonceEnd = headerEnd + AuthenticatedEncryption.nonceByteCount
      guard bytes.count >= nonceEnd + AuthenticatedEncryption.tagByteCount else { return nil }
      let header = (0..<headerEnd).map { bytes[$0] }
      func number(_ offset: Int) -> Milliseconds {
        header[offset..<offset + 8].reduce(0) { $0 << 8 | Milliseconds($1) }
      }
      return Layout(
        header: header, keyID: String(decoding: header[2..<headerEnd - 16], as: UTF8.self),
        created: number(headerEnd - 16), expiry: number(headerEnd - 8), nonce: (headerEnd..<nonceEnd).map { bytes[$0] },
        nonceEnd: nonceEnd)
    }
  }

  private func associatedData(_ header: [UInt8], _ identity: FleetIdentity, _ generation: String) -> [UInt8] {
    let texts = [
      scope.name, scope.account, identity.region, identity.endpoint, identity.instanceID, identity.caller, generation,
    ]
    return Self.joined([header] + texts.map { Array($0.utf8) })
  }

  /// The parts with their lengths before them, so that none can grow at another's expense.
  private static func joined(_ parts: [[UInt8]]) -> [UInt8] {
    parts.flatMap { bytes(Milliseconds($0.count)) + $0 }
  }

  private static func bytes(_ number: Milliseconds) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> Milliseconds($0)) }
  }
}
