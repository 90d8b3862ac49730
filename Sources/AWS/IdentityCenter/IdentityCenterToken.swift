internal import JSON
internal import Secrets

/// What the AWS CLI keeps of a sign-in to IAM Identity Center.
///
/// Pure.
struct IdentityCenterToken: Sendable {
  /// What renews the token without the person.
  struct Registration: Sendable {
    let clientID: String
    let clientSecret: Secret
    /// As the file has it, to be written back.
    let expiration: String
    let refreshToken: Secret

    /// The input of `CreateToken`.
    var request: Secret {
      Secret(capacity: 1024) { text in
        text.append(json: "{\"clientId\":")
        text.appendJSON(string: clientID)
        text.append(json: ",\"clientSecret\":")
        text.appendJSON(string: clientSecret)
        text.append(json: ",\"grantType\":\"refresh_token\",\"refreshToken\":")
        text.appendJSON(string: refreshToken)
        text.append(json: "}")
      }
    }
  }

  /// botocore's: an access token lives for an hour.
  static let renewalLead: Int64 = 15 * 60 * 1000

  let accessToken: Secret
  /// Epoch milliseconds.
  let expiration: Int64
  private let registration: Registration?

  /// `nil` where the file holds no token.
  init?(_ file: SecretJSON) {
    guard let accessToken = file["accessToken"]?.secretString, !accessToken.isEmpty,
      let expiration = file["expiresAt"]?.string.flatMap(Self.time)
    else { return nil }
    self.accessToken = accessToken
    self.expiration = expiration
    registration = Registration(file)
  }

  private init(accessToken: Secret, expiration: Int64, registration: Registration?) {
    self.accessToken = accessToken
    self.expiration = expiration
    self.registration = registration
  }

  func isLive(at now: Int64) -> Bool { now < expiration }

  /// What is to be asked for a newer one; `nil` where this one is good for long, or nothing can be asked.
  func renewal(at now: Int64) -> Registration? {
    guard expiration - now < Self.renewalLead, let registration, let end = Self.time(registration.expiration),
      now < end
    else { return nil }
    return registration
  }

  /// The token in the answer of `CreateToken` to `registration`; `nil` where there is none.
  static func renewed(_ answer: SecretJSON, _ registration: Registration, now: Int64) -> IdentityCenterToken? {
    guard let accessToken = answer["accessToken"]?.secretString, !accessToken.isEmpty,
      let lifetime = answer["expiresIn"]?.number.flatMap(Timestamp.epochSeconds), lifetime > 0
    else { return nil }
    let next = answer["refreshToken"]?.secretString.map {
      Registration(
        clientID: registration.clientID, clientSecret: registration.clientSecret, expiration: registration.expiration,
        refreshToken: $0)
    }
    return IdentityCenterToken(accessToken: accessToken, expiration: now + lifetime, registration: next)
  }

  /// The file as botocore writes it after a renewal.
  func file(_ profile: IdentityCenterProfile) -> Secret {
    Secret(capacity: 4096) { text in
      text.append(json: "{\"startUrl\": ")
      text.appendJSON(string: profile.startURL)
      text.append(json: ", \"region\": ")
      text.appendJSON(string: profile.region.name)
      text.append(json: ", \"accessToken\": ")
      text.appendJSON(string: accessToken)
      text.append(json: ", \"expiresAt\": ")
      text.appendJSON(string: Timestamp.iso8601Text(expiration))
      if let registration {
        text.append(json: ", \"clientId\": ")
        text.appendJSON(string: registration.clientID)
        text.append(json: ", \"clientSecret\": ")
        text.appendJSON(string: registration.clientSecret)
        text.append(json: ", \"registrationExpiresAt\": ")
        text.appendJSON(string: registration.expiration)
        text.append(json: ", \"refreshToken\": ")
        text.appendJSON(string: registration.refreshToken)
      }
      text.append(json: "}")
    }
  }

  /// Older CLIs wrote `2020-06-17T17:37:06UTC`.
  private static func time(_ text: String) -> Int64? {
    Timestamp.milliseconds(text.hasSuffix("UTC") ? "\(text.dropLast(3))Z" : text)
  }
}

extension IdentityCenterToken.Registration {
  fileprivate init?(_ file: SecretJSON) {
    guard let clientID = file["clientId"]?.string, let clientSecret = file["clientSecret"]?.secretString,
      let expiration = file["registrationExpiresAt"]?.string, let refreshToken = file["refreshToken"]?.secretString
    else { return nil }
    self.init(clientID: clientID, clientSecret: clientSecret, expiration: expiration, refreshToken: refreshToken)
  }
}
