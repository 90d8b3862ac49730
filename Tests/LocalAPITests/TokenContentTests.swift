import AWS
import LocalHTTP
import Secrets
import Testing

@testable import LocalAPI

struct TokenContentTests {
  private static let whole = FederationToken(
    accessToken: Secret("access"), accessTokenExpiration: .init(wireText: "1.7641e9", milliseconds: 1_764_100_000_000),
    refreshToken: Secret("refresh"),
    refreshTokenExpiration: .init(wireText: "1764100000.250", milliseconds: 1_764_100_000_250),
    signInURL: Secret("https://demo.my.connect.aws/auth/sign-in"), userARN: "arn:aws:connect:x:1:instance/i/agent/a",
    userID: "a")

  static let tokens = [
    whole, FederationToken(accessToken: Secret("")),
    // What JSON escapes, at the ends and in the middle, and text that is as long as another's escape.
    FederationToken(
      accessToken: Secret(#"""#), refreshToken: Secret("a\\b\n\u{1}"), signInURL: Secret("/\u{7F}\u{2028}é"),
      userARN: "\t", userID: #"\u0001"#),
    FederationToken(
      accessToken: Secret(String(repeating: "long", count: 600)), refreshToken: Secret(#"","UserId":"other"#)),
  ]

  @Test(arguments: tokens)
  func `The token can be read out of its JSON form again`(token: FederationToken) {
    #expect(TokenContent(token).token == token)
  }

  @Test(arguments: tokens)
  func `Each field as text is what upstream sent`(token: FederationToken) {
    let content = TokenContent(token)
    for field in TokenField.allCases {
      #expect(content.text(of: field)?.bytes == field.value(in: token), "\(field)")
    }
  }

  @Test func `The answer as AWS gave it has AWS's own number text`() {
    #expect(
      TokenContent(Self.whole).aws.bytes.exposed == """
        {"Credentials":{"AccessToken":"access","AccessTokenExpiration":1.7641e9,"RefreshToken":"refresh",\
        "RefreshTokenExpiration":1764100000.250},"SignInUrl":"https://demo.my.connect.aws/auth/sign-in",\
        "UserArn":"arn:aws:connect:x:1:instance/i/agent/a","UserId":"a"}
        """)
  }
}
