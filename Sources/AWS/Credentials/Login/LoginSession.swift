internal import JSON
internal import Secrets
internal import Timestamps

/// What `aws login` keeps: credentials for a quarter of an hour, and what renews them.
///
/// Pure.
struct LoginSession {
  /// botocore's.
  static let renewalLead: Int64 = 5 * 60 * 1000

  let credentials: AWSCredentials
  /// Epoch milliseconds.
  let expiration: Int64
  let dpopKey: Secret
  private let clientID: String
  private let refreshToken: Secret
  private let accountID: String
  private let file: SecretJSON

  /// Throws if members are missing, with their names.
  init(_ file: SecretJSON, path: String, source: String, lineage: String) throws(AWSError) {
    let missing = ["accessToken", "refreshToken", "dpopKey", "clientId"].filter { file[$0] == nil }
    guard missing.isEmpty else {
      throw AWSError(.noCredentials, "\(path) has no \(missing.joined(separator: ", ")): run aws login")
    }
    let token = file["accessToken"]
    guard let accessKeyID = token?["accessKeyId"]?.string, let secret = token?["secretAccessKey"]?.secretString,
      let sessionToken = token?["sessionToken"]?.secretString, let accountID = token?["accountId"]?.string,
      let expiration = token?["expiresAt"]?.string.flatMap(Timestamp.milliseconds),
      let refreshToken = file["refreshToken"]?.secretString, let dpopKey = file["dpopKey"]?.secretString,
      let clientID = file["clientId"]?.string
    else { throw AWSError(.noCredentials, "\(path) has an accessToken that is incomplete: run aws login") }
    credentials = AWSCredentials(
      accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: sessionToken, expiration: expiration,
      source: source, lineage: lineage)
    self.expiration = expiration
    self.dpopKey = dpopKey
    self.clientID = clientID
    self.refreshToken = refreshToken
    self.accountID = accountID
    self.file = file
  }

  func needsRenewal(at now: Int64) -> Bool { expiration - now <= Self.renewalLead }

  func isLive(at now: Int64) -> Bool { now < expiration }

  /// The input of `CreateOAuth2Token`.
  var renewalRequest: Secret {
    Secret(capacity: 4096) { text in
      text.append(json: "{\"clientId\":")
      text.appendJSON(string: clientID)
      text.append(json: ",\"grantType\":\"refresh_token\",\"refreshToken\":")
      text.appendJSON(string: refreshToken)
      text.append(json: "}")
    }
  }

  /// The file after a renewal: the new credentials and refresh token in it, all else as it was.
  ///
  /// `nil` if the answer lacks something.
  func renewedFile(_ answer: SecretJSON, now: Int64) -> Secret? {
    let token = answer["accessToken"]
    guard let accessKeyID = token?["accessKeyId"]?.string, let secret = token?["secretAccessKey"]?.secretString,
      let sessionToken = token?["sessionToken"]?.secretString,
      let refreshToken = answer["refreshToken"]?.secretString,
      let lifetime = answer["expiresIn"]?.number.flatMap(Timestamp.epochSeconds), lifetime > 0
    else { return nil }
    return Secret(capacity: 8192) { text in
      for (index, member) in file.members.enumerated() {
        text.append(json: index == 0 ? "{" : ", ")
        text.appendJSON(string: member.name)
        text.append(json: ": ")
        switch member.name {
        case "accessToken":
          text.append(json: "{\"accessKeyId\": ")
          text.appendJSON(string: accessKeyID)
          text.append(json: ", \"secretAccessKey\": ")
          text.appendJSON(string: secret)
          text.append(json: ", \"sessionToken\": ")
          text.appendJSON(string: sessionToken)
          text.append(json: ", \"accountId\": ")
          text.appendJSON(string: accountID)
          text.append(json: ", \"expiresAt\": ")
          text.appendJSON(string: Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(now + lifetime)))
          text.append(json: "}")
        case "refreshToken": text.appendJSON(string: refreshToken)
        default: text.append(member.text)
        }
      }
      text.append(json: "}")
    }
  }
}
