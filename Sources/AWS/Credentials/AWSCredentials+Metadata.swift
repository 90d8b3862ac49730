internal import JSON
internal import Secrets
internal import Timestamps

extension AWSCredentials {
  /// Reads what the container endpoint and instance metadata answer.
  ///
  /// All four members are required, as botocore requires them: keys without an `Expiration` would be used after it.
  init(metadata json: SecretJSON, source: String) throws(AWSError) {
    func member(_ name: String) throws(AWSError) -> SecretJSON {
      guard let value = json[name] else { throw AWSError(.badResponse, "the answer of \(source) has no \(name)") }
      return value
    }
    let accessKeyID = try member("AccessKeyId").string ?? ""
    let secretAccessKey = try member("SecretAccessKey").secretString ?? Secret("")
    let sessionToken = try member("Token").secretString ?? Secret("")
    guard !accessKeyID.isEmpty, !secretAccessKey.isEmpty, !sessionToken.isEmpty else {
      throw AWSError(.badResponse, "the answer of \(source) has an empty key or token")
    }
    guard let expiration = Timestamp.milliseconds(try member("Expiration").string ?? "") else {
      throw AWSError(.badResponse, "the answer of \(source) has an Expiration that is not a time")
    }
    self.init(
      accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken, expiration: expiration,
      source: source)
  }

  /// The same credentials, good for another time.
  func expiring(at expiration: Int64) -> AWSCredentials {
    AWSCredentials(
      accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken, expiration: expiration,
      source: source)
  }
}
