internal import AWS
internal import Secrets
internal import Timestamps

/// A token as bytes: for each member a byte that names it, four bytes of length, and its text.
///
/// Pure.
enum TokenCoding {
  private enum Member: UInt8, CaseIterable {
    case accessToken = 1
    case accessTokenExpiration
    case refreshToken
    case refreshTokenExpiration
    case signInURL
    case userARN
    case userID
  }

  static func encode(_ token: FederationToken) -> Secret {
    let members: [(Member, Secret?)] = [
      (.accessToken, token.accessToken),
      (.accessTokenExpiration, token.accessTokenExpiration.map { Secret($0.wireText) }),
      (.refreshToken, token.refreshToken),
      (.refreshTokenExpiration, token.refreshTokenExpiration.map { Secret($0.wireText) }),
      (.signInURL, token.signInURL), (.userARN, token.userARN.map { Secret($0) }),
      (.userID, token.userID.map { Secret($0) }),
    ]
    return Secret(capacity: members.reduce(0) { $0 + 5 + ($1.1?.count ?? 0) }) { bytes in
      for case (let member, let text?) in members {
        bytes.append(member.rawValue)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: text.count >> shift)) }
        bytes.append(text)
      }
    }
  }

  /// Returns `nil` for what `encode` does not make.
  static func decode(_ bytes: Secret) -> FederationToken? {
    guard let members = members(of: bytes), let accessToken = members[.accessToken], !accessToken.isEmpty else {
      return nil
    }
    func expiration(_ member: Member) -> FederationToken.Expiration?? {
      guard let text = members[member]?.exposed else { return .some(nil) }
      return Timestamp.epochSeconds(text).map { .init(wireText: text, milliseconds: $0) }
    }
    guard let access = expiration(.accessTokenExpiration), let refresh = expiration(.refreshTokenExpiration) else {
      return nil
    }
    return FederationToken(
      accessToken: accessToken, accessTokenExpiration: access, refreshToken: members[.refreshToken],
      refreshTokenExpiration: refresh, signInURL: members[.signInURL], userARN: members[.userARN]?.exposed,
      userID: members[.userID]?.exposed)
  }

  private static func members(of bytes: Secret) -> [Member: Secret]? {
    bytes.withBytes { bytes in
      var members: [Member: Secret] = [:]
      var offset = 0
      while offset < bytes.count {
        guard bytes.count - offset >= 5, let member = Member(rawValue: bytes[offset]), members[member] == nil else {
          return nil
        }
        let count = (1...4).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        offset += 5
        guard count <= bytes.count - offset else { return nil }
        let text = bytes.extracting(offset..<offset + count)
        let secret = Secret(capacity: count) { $0.append(contentsOf: text) }
        guard secret.isUTF8 else { return nil }
        members[member] = secret
        offset += count
      }
      return members
    }
  }
}
