import AWS
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

struct TokenRouteTests {
  private let path = "/v1/instances/demo/token"

  @Test("A miss fetches, a hit is answered from memory, to the byte the same")
  func missThenHit() async throws {
    let service = ServiceUnderTest.answering()
    let miss = try await service.ask(.get, path)
    #expect(miss.status == .ok)
    #expect(miss.fields[cacheStatus] == "fedbroker; fwd=miss")
    #expect(miss.fields[.age] == "0")
    #expect(miss.content?.mediaType == "application/json")
    #expect(
      miss.text == """
        {"Credentials":{"AccessToken":"access-token","AccessTokenExpiration":"2026-11-24T00:15:00Z",\
        "RefreshToken":"refresh-token","RefreshTokenExpiration":"2026-11-24T12:00:00Z"},\
        "SignInUrl":"https://demo.example/sign-in","UserArn":"arn:aws:connect:us-east-1:1:instance/i/agent/a",\
        "UserId":"user-id"}
        """)
    service.clock.advance(by: .milliseconds(61_900))
    let hit = try await service.ask(.get, path)
    #expect(hit.fields[cacheStatus] == "fedbroker; hit; ttl=838")
    #expect(hit.fields[.age] == "61")
    #expect(hit.text == miss.text)
  }

  @Test("Times are rounded down to the second")
  func fractions() async throws {
    let service = ServiceUnderTest.answering { _ in
      var token = ServiceUnderTest.federationToken()
      token.accessTokenExpiration = .init(wireText: "1795479300.999", milliseconds: 1_795_479_300_999)
      return token
    }
    let response = try await service.ask(.get, path + "?field=Credentials.AccessTokenExpiration")
    #expect(response.text == "2026-11-24T00:15:00Z")
  }

  @Test(
    "One field is plain text",
    arguments: [
      ("Credentials.AccessToken", "access-token"), ("Credentials.AccessTokenExpiration", "2026-11-24T00:15:00Z"),
      ("Credentials.RefreshToken", "refresh-token"), ("Credentials.RefreshTokenExpiration", "2026-11-24T12:00:00Z"),
      ("SignInUrl", "https://demo.example/sign-in"), ("UserArn", "arn:aws:connect:us-east-1:1:instance/i/agent/a"),
      ("UserId", "user-id"),
    ])
  func fields(name: String, value: String) async throws {
    let service = ServiceUnderTest.answering()
    for _ in 0..<2 {
      let response = try await service.ask(.get, "\(path)?field=\(name)")
      #expect(response.text == value)
      #expect(response.content?.mediaType == "text/plain; charset=utf-8")
    }
  }

  @Test("What AWS left out is left out, and asking for it says so")
  func leftOut() async throws {
    let service = ServiceUnderTest.answering { _ in
      FederationToken(
        accessToken: Secret("a\"b\\c\n"),
        accessTokenExpiration: .init(wireText: "1795479300", milliseconds: 1_795_479_300_000))
    }
    let response = try await service.ask(.get, path)
    #expect(
      response.text
        == #"{"Credentials":{"AccessToken":"a\"b\\c\u000a","AccessTokenExpiration":"2026-11-24T00:15:00Z"}}"#)
    let field = try await service.ask(.get, path + "?field=SignInUrl")
    #expect(field.status == .notFound)
    #expect(field.code == "NotFound")
  }

  @Test("Long content has a compressed form, made once")
  func compressed() async throws {
    let long = String(repeating: "token", count: 400)
    let service = ServiceUnderTest.answering { _ in ServiceUnderTest.federationToken(accessToken: long) }
    _ = try await service.ask(.get, path)
    for target in [path, path + "?field=Credentials.AccessToken"] {
      let first = try await service.ask(.get, target)
      let second = try await service.ask(.get, target)
      #expect(first.content?.compressed != nil)
      #expect(first.content === second.content)
    }
  }

  @Test("min_ttl fetches when the cached token has less")
  func minimumLifetime() async throws {
    let service = ServiceUnderTest.answering()
    _ = try await service.ask(.get, path)
    service.clock.advance(by: .seconds(100))
    let enough = try await service.ask(.get, path + "?min_ttl=800")
    #expect(enough.fields[cacheStatus] == "fedbroker; hit; ttl=800")
    let more = try await service.ask(.get, path + "?min_ttl=801")
    #expect(more.fields[cacheStatus] == "fedbroker; fwd=miss")
  }

  @Test("POST refresh fetches though the token lives")
  func refresh() async throws {
    let source = StubTokenSource { (_, _) in
      FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil)
    }
    let service = ServiceUnderTest(source: source)
    _ = try await service.ask(.get, path)
    let response = try await service.ask(.post, "/v1/instances/demo/refresh?field=UserId")
    #expect(response.text == "user-id")
    #expect(source.callCount == 2)
  }

  @Test("DELETE forgets, whether or not there was a token")
  func forget() async throws {
    let source = StubTokenSource { (_, _) in
      FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil)
    }
    let service = ServiceUnderTest(source: source)
    for _ in 0..<2 {
      let response = try await service.ask(.delete, path)
      #expect(response.status == .noContent)
      #expect(response.content == nil)
    }
    _ = try await service.ask(.get, path)
    _ = try await service.ask(.delete, path)
    _ = try await service.ask(.get, path)
    #expect(source.callCount == 2)
  }

  @Test("An instance is asked for by alias, id or encoded ARN")
  func names() async throws {
    let arn = "arn:aws:connect:us-east-1:123456789012:instance/66666666-7777-8888-9999-000000000000"
    let service = ServiceUnderTest.answering(entries: [ServiceUnderTest.entry("sales", id: arn)]) { key in
      ServiceUnderTest.federationToken(accessToken: key.instanceID)
    }
    let encoded = arn.map { $0 == "/" ? "%2F" : $0 == ":" ? "%3a" : String($0) }.joined()
    for name in ["sales", encoded, "s%61les"] {
      let response = try await service.ask(.get, "/v1/instances/\(name)/token?field=Credentials.AccessToken")
      #expect(response.text == arn)
    }
  }

  @Test("Two aliases of one id with different identities get their own tokens, and the id alone is ambiguous")
  func ambiguous() async throws {
    let service = ServiceUnderTest.answering(entries: [
      ServiceUnderTest.entry("day", id: "i", profile: "day"),
      ServiceUnderTest.entry("night", id: "i", profile: "night"),
    ]) { key in ServiceUnderTest.federationToken(accessToken: key.identity.profile ?? "") }
    for _ in 0..<2 {
      for alias in ["day", "night"] {
        let response = try await service.ask(.get, "/v1/instances/\(alias)/token?field=Credentials.AccessToken")
        #expect(response.text == alias)
      }
    }
    let response = try await service.ask(.get, "/v1/instances/i/token")
    #expect(response.status == .badRequest)
    #expect(response.code == "AmbiguousInstance")
  }

  @Test("Two aliases of one id with the same identity are one token")
  func sharedKey() async throws {
    let service = ServiceUnderTest.answering(entries: [
      ServiceUnderTest.entry("a", id: "i"), ServiceUnderTest.entry("b", id: "i"),
    ])
    _ = try await service.ask(.get, "/v1/instances/a/token")
    for name in ["b", "i"] {
      let response = try await service.ask(.get, "/v1/instances/\(name)/token")
      #expect(response.fields[cacheStatus]?.hasPrefix("fedbroker; hit") == true)
    }
  }

  private let cacheStatus = HTTPField.Name("Cache-Status")!
}
