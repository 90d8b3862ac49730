import Clocks
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

@testable import AWS

/// Numbers from outside: each is read or refused with a message, and none ends the process.
struct HostileNumbersTests {
  private static let texts = HostileNumbers.texts(400, seed: 4)
  /// The years 1 to 9999, in milliseconds since the epoch.
  private static let times = Int64(-62_135_596_800_000)...253_402_300_799_999

  private static func isRefusedOrTime(_ read: () throws(AWSError) -> Int64?) -> Bool {
    do throws(AWSError) {
      guard let milliseconds = try read() else { return false }
      return times.contains(milliseconds)
    } catch {
      return error.reason == .badResponse && error.message.contains("not a time")
    }
  }

  @Test(arguments: ["", "\""])
  func `Times of Amazon Connect's answer`(quote: String) {
    for text in Self.texts {
      let body = #"{"Credentials":{"AccessToken":"t","AccessTokenExpiration":\#(quote)\#(text)\#(quote)}}"#
      let response = TransportResponse(status: 200, fields: [], body: Secret(body))
      #expect(
        Self.isRefusedOrTime { () throws(AWSError) in
          try FederationAnswer.decode(response, AnswerTime(sentAt: 0)).token.accessTokenExpiration?.milliseconds
        }, "\(text)")
    }
  }

  @Test func `Times of STS`() throws {
    for text in Self.texts {
      for now in [Int64(0), 1_795_478_400_000, 253_402_300_799_999] {
        var response = try STSStub.assumed("ASIA", expiration: text).get()
        response = TransportResponse(
          status: 200, fields: [("Date", "Thu, 01 Jan 1970 00:00:00 GMT")], body: response.body)
        do throws(AWSError) {
          let time = AnswerTime(response, sentAt: now, signedAt: nil)
          _ = try TemporaryCredentials(response, time, result: "AssumeRoleResult")
        } catch {
          #expect(error.message.contains("not a time"))
        }
      }
    }
  }

  @Test func `Times of container and metadata endpoints`() throws {
    for text in Self.texts {
      let body = #"{"AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"\#(text)"}"#
      let json = try SecretJSON(parsing: Secret(body))
      #expect(
        Self.isRefusedOrTime { () throws(AWSError) in
          try AWSCredentials(metadata: json, source: "here").expiration
        }, "\(text)")
    }
    for expiration in [Self.times.lowerBound, Self.times.upperBound] {
      for now in [Int64(0), Self.times.upperBound] {
        _ = InstanceMetadataCredentials.usableUntil(expiration, now: now, jitter: 0.999)
      }
    }
  }

  @Test(.timeLimit(.minutes(10))) func `Times that a credential_process prints`() async throws {
    let directory = ScratchDirectory()
    for text in HostileNumbers.texts(0, seed: 4) {
      let file = directory.write(
        "answer", #"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"\#(text)"}"#)
      let process = ProcessCredentials(
        command: Secret("/bin/cat \(file)"), profile: "ana", environment: Environment(["PATH": "/bin"]))
      do throws(AWSError) {
        let expiration = try await process.credentials().expiration
        #expect(expiration.map { Self.times.contains($0) } == true, "\(text)")
      } catch {
        #expect(error.message.contains("not a time"), "\(text): \(error.message)")
      }
    }
  }

  @Test(.timeLimit(.minutes(10))) func `Milliseconds of IAM Identity Center`() async throws {
    let clock = ManualClock()
    let home = AWSHome(
      config: """
        [profile sales]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-west-1
        sso_account_id = 123456789012
        sso_role_name = Agent
        """)
    let path = try #require(try home.watchedPaths(of: "sales").first)
    home.write(
      String(path.dropFirst(home.directory.path.count + 1)),
      #"{"accessToken":"t","expiresAt":"2027-01-01T00:00:00Z"}"#)
    for text in Self.texts + ["1795500000000.5", "17955e8"] {
      let body = #"""
        {"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s","sessionToken":"t","expiration":\#(text)}}
        """#
      let provider = IdentityCenterCredentials(
        profile: "sales", configuration: try home.configuration(), environment: home.environment,
        transport: StubTransport([.response(200, body: body)]), cache: SignInCache(), clock: clock, jitter: { 0 })
      do throws(AWSError) {
        let expiration = try await provider.credentials()?.expiration
        #expect(expiration.map { Self.times.contains($0) } == true, "\(text)")
      } catch {
        #expect(error.message.contains("not a time"), "\(text): \(error.message)")
      }
    }
  }

  @Test func `Lifetimes of renewed sign-ins`() throws {
    let registration = IdentityCenterToken.Registration(
      clientID: "c", clientSecret: Secret("s"), expiration: "2027-01-01T00:00:00Z")
    let renewal = IdentityCenterToken.Renewal(registration: registration, refreshToken: Secret("r"))
    for text in Self.texts {
      let answer = try SecretJSON(parsing: Secret(#"{"accessToken":"t","expiresIn":\#(text)}"#))
      let token = IdentityCenterToken.renewed(answer, renewal, now: 1_795_478_400_000)
      #expect(token.map { $0.isLive(at: 1_795_478_400_000) } != false, "\(text)")
    }
  }

  @Test func `Delays that a server asks for`() {
    for text in Self.texts + ["+5", " 5", "5 ", "٥", "0x10", "5s"] {
      for name in ["Retry-After", "x-amz-retry-after"] {
        let delay = RetryPolicy.ServerDelay(TransportResponse(status: 429, fields: [(name, text)], body: Secret("")))
        #expect(delay.seconds.map { 0...86_400 ~= $0 } != false, "\(text)")
        for attempt in [1, 5, 6, 100, Int.max] {
          let pause = RetryPolicy.delay(afterAttempt: attempt, jitter: 0.999_999, server: delay)
          #expect(pause.map { 0...25_000 ~= $0 } != false, "\(text)")
        }
      }
    }
  }

  @Test func `Rates of calls, however slow`() {
    for rate in [Double.leastNonzeroMagnitude, 1e-300, 1e-9, 0.5, 1000] {
      var bucket = TokenBucket(rate: rate, burst: 1, now: 0)
      _ = bucket.take(now: 0)
      bucket.slowDown(now: 0)
      #expect(1...86_400_000 ~= bucket.nextPlace(now: 0))
    }
  }

  @Test func `Credentials of any expiration at any moment`() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<20_000 {
      // A clock shows the years of a calendar; a boot lasts less than a century.
      let now = Moment(
        wall: Int64.random(in: 0...253_402_300_799_999, using: &random),
        boot: Int64.random(in: 0...3_000_000_000_000, using: &random))
      let expiration = Int64(HostileNumbers.integer(using: &random))
      let credentials = AWSCredentials(
        accessKeyID: "A", secretAccessKey: Secret("s"), expiration: expiration, source: "here")
      guard var held = HeldCredentials(credentials, now: now) else { continue }
      _ = held.use(now: now)
      _ = held.survives(AWSError(.timedOut, ""), now: now)
    }
  }
}
