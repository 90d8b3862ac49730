internal import JSON
internal import Secrets
internal import Timestamps

/// What the AWS CLI keeps of a sign-in to IAM Identity Center.
///
/// Pure.
struct IdentityCenterToken: Sendable {
  /// The CLI as a client of the OIDC service.
  struct Registration: Sendable {
    let clientID: String
    let clientSecret: Secret
    /// As the file has it, to be written back.
    let expiration: String
  }

  /// What gets a newer token without the person.
  struct Renewal: Sendable {
    let registration: Registration
    let refreshToken: Secret

    /// The input of `CreateToken`.
    var request: Secret {
      Secret(capacity: 1024) { text in
        text.append(json: "{\"clientId\":")
        text.appendJSON(string: registration.clientID)
        text.append(json: ",\"clientSecret\":")
        text.appendJSON(string: registration.clientSecret)
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
  private let refreshToken: Secret?

  /// `nil` if the file holds no token.
  init?(_ file: SecretJSON) {
    guard let accessToken = file["accessToken"]?.secretString, !accessToken.isEmpty,
      let expiration = file["expiresAt"]?.string.flatMap(Timestamp.milliseconds)
    else { return nil }
    self.accessToken = accessToken
    self.expiration = expiration
    registration = Registration(file)
    refreshToken = file["refreshToken"]?.secretString
  }

  init(accessToken: Secret, expiration: Int64, registration: Registration, refreshToken: Secret?) {
    self.accessToken = accessToken
    self.expiration = expiration
    self.registration = registration
    self.refreshToken = refreshToken
  }

  func isLive(at now: Int64) -> Bool { now < expiration }

  /// How to get a newer one; `nil` if this one lives long enough, or cannot be renewed.
  func renewal(at now: Int64) -> Renewal? {
    guard expiration - now < Self.renewalLead, let registration, let refreshToken,
      let end = Timestamp.milliseconds(registration.expiration),
      now < end
    else { return nil }
    return Renewal(registration: registration, refreshToken: refreshToken)
  }

  /// The token in the answer of `CreateToken`; `nil` if there is none.
  static func renewed(_ answer: SecretJSON, _ renewal: Renewal, now: Int64) -> IdentityCenterToken? {
    guard let accessToken = answer["accessToken"]?.secretString, !accessToken.isEmpty,
      let lifetime = answer["expiresIn"]?.number.flatMap(Timestamp.epochSeconds), lifetime > 0
    else { return nil }
    return IdentityCenterToken(
      accessToken: accessToken, expiration: now + lifetime, registration: renewal.registration,
      refreshToken: answer["refreshToken"]?.secretString)
  }

  /// The file as botocore writes it.
  func file(startURL: String, region: Region) -> Secret {
    Secret(capacity: 4096) { text in
      text.append(json: "{\"startUrl\": ")
      text.appendJSON(string: startURL)
      text.append(json: ", \"region\": ")
      text.appendJSON(string: region.name)
      text.append(json: ", \"accessToken\": ")
      text.appendJSON(string: accessToken)
      text.append(json: ", \"expiresAt\": ")
      text.appendJSON(string: Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(expiration)))
      if let registration {
        text.append(json: ", \"clientId\": ")
        text.appendJSON(string: registration.clientID)
        text.append(json: ", \"clientSecret\": ")
        text.appendJSON(string: registration.clientSecret)
        text.append(json: ", \"registrationExpiresAt\": ")
        text.appendJSON(string: registration.expiration)
      }
      if let refreshToken {
        text.append(json: ", \"refreshToken\": ")
        text.appendJSON(string: refreshToken)
      }
      text.append(json: "}")
    }
  }
}

extension IdentityCenterToken.Registration {
  fileprivate init?(_ file: SecretJSON) {
    guard let clientID = file["clientId"]?.string, let clientSecret = file["clientSecret"]?.secretString,
      let expiration = file["registrationExpiresAt"]?.string
    else { return nil }
    self.init(clientID: clientID, clientSecret: clientSecret, expiration: expiration)
  }
}
