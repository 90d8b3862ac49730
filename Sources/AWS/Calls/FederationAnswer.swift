internal import JSON
package import Outbound
internal import Secrets
internal import Timestamps

/// Reads the answer of `GetFederationToken`.
package enum FederationAnswer {
  /// Throws `.badResponse`, naming the member at fault, if the answer is not an answer of the operation.
  ///
  /// Members beyond the known ones are passed over.
  package static func decode(
    _ response: TransportResponse, _ time: AnswerTime
  ) throws(AWSError) -> FetchedToken {
    let requestID = ServiceError.requestID(response)
    func bad(_ reason: String) -> AWSError {
      AWSError(.badResponse, "Amazon Connect's answer \(reason)", requestID: requestID)
    }
    // Strings go into our own answers as they came.
    guard response.body.isUTF8 else { throw bad("is not UTF-8") }
    guard let body = try? SecretJSON(parsing: response.body), body.isObject else { throw bad("is not a JSON object") }
    let credentials = body["Credentials"]
    // A token that is not there must not be cached: the answer to a person without access would be served as good.
    guard let accessToken = credentials?["AccessToken"]?.secretString, !accessToken.isEmpty else {
      throw bad("has no AccessToken")
    }
    var token = FederationToken(accessToken: accessToken)
    token.refreshToken = credentials?["RefreshToken"]?.secretString
    token.signInURL = body["SignInUrl"]?.secretString
    token.userARN = body["UserArn"]?.string
    token.userID = body["UserId"]?.string
    if let value = credentials?["AccessTokenExpiration"] {
      guard let expiration = expiration(value) else { throw bad("has an AccessTokenExpiration that is not a time") }
      token.accessTokenExpiration = expiration
    }
    if let value = credentials?["RefreshTokenExpiration"] {
      guard let expiration = expiration(value) else { throw bad("has a RefreshTokenExpiration that is not a time") }
      token.refreshTokenExpiration = expiration
    }
    return FetchedToken(
      token: token, upstreamDate: time.date, requestID: requestID)
  }

  private static func expiration(_ value: SecretJSON) -> FederationToken.Expiration? {
    if let number = value.number {
      return Timestamp.epochSeconds(number).map { .init(wireText: number, milliseconds: $0) }
    }
    guard let text = value.string, let milliseconds = Timestamp.milliseconds(text) else { return nil }
    // On the wire, times are numbers: a text is passed on as the number it stands for.
    return .init(wireText: Timestamp.epochText(milliseconds), milliseconds: milliseconds)
  }
}
