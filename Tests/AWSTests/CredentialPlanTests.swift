import Secrets
import TestSupport
import Testing

@testable import AWS

/// The way to credentials as the files and the environment alone say it, before anything is asked.
struct CredentialPlanTests {
  private static let home = ["HOME": "/home/ana"]

  private func plan(
    _ config: String, credentials: String = "", environment: [String: String] = [:],
    profile: ProfileName = ProfileName("default", .fallback)
  ) throws -> CredentialPlan {
    let configuration = SharedConfiguration(
      config: try INIDocument(parsing: Secret(config)), credentials: try INIDocument(parsing: Secret(credentials)),
      configPath: "config", credentialsPath: "credentials")
    return try CredentialPlanner(
      environment: Environment(environment.merging(Self.home) { $1 }), configuration: configuration
    ).plan(for: profile)
  }

  @Test func `A chain of profiles is one source and its roles, the innermost first`() throws {
    let way = try plan(
      """
      [default]
      role_arn = outer
      source_profile = middle
      [profile middle]
      role_arn = inner
      external_id = x
      source_profile = base
      [profile base]
      credential_process = print-credentials
      """
    ).way.get()
    #expect(way.source == .process(profile: "base", command: Secret("print-credentials")))
    #expect(way.roles.map(\.roleARN) == ["inner", "outer"])
    #expect(way.roles.map(\.externalID) == ["x", nil])
    #expect(way.roles.map(\.place) == ["role_arn of profile middle", "role_arn of profile default"])
  }

  @Test(
    arguments: [(300, nil), (301, "more than 300 profiles"), (25_000, "more than 300 profiles")] as [(Int, String?)])
  func `A chain of profiles has an end, as botocore's has`(length: Int, message: String?) throws {
    let links = (0..<length).map { "[profile p\($0)]\nrole_arn = r\($0)\nsource_profile = p\($0 + 1)\n" }.joined()
    let config = links + "[profile p\(length)]\naws_access_key_id = a\naws_secret_access_key = b\n"
    let way = try plan(config, profile: ProfileName("p0", .setting)).way
    guard let message else {
      #expect(try way.get().roles.count == length)
      return
    }
    let error = #expect(throws: AWSError.self) { try way.get() }
    #expect(error?.message.contains(message) == true)
  }

  @Test func `A circle of many profiles is named by its end`() throws {
    let links = (0..<200).map { "[profile p\($0)]\nrole_arn = r\nsource_profile = p\(($0 + 1) % 200)\n" }.joined()
    let error = #expect(throws: AWSError.self) {
      try plan(links, profile: ProfileName("p0", .setting)).way.get()
    }
    #expect(
      error?.message.hasSuffix("goes round in a circle: p192, p193, p194, p195, p196, p197, p198, p199, p0") == true)
  }

  @Test func `What is not configured is passed over, with the reason, and only one source is left`() throws {
    let plan = try plan("[default]\nlogin_session = s\n")
    #expect(try plan.way.get() == .init(source: .login(profile: "default", session: "s")))
    #expect(
      plan.passedOver.map(\.source) == [
        "environment variables", "role of the profile", "web identity", "IAM Identity Center", "keys in credentials",
      ])
    #expect(plan.passedOver.first?.reason == "AWS_ACCESS_KEY_ID is not set")
    #expect(plan.title == "login session")
    #expect(plan.place == "config, line 2")
  }

  @Test func `A source that is configured wrongly decides, and no later one stands in for it`() throws {
    let plan = try plan("[default]\nsso_account_id = 1\ncredential_process = print-credentials\n")
    #expect(plan.title == "IAM Identity Center")
    let error = #expect(throws: AWSError.self) { try plan.way.get() }
    #expect(error?.message.contains("sso_role_name") == true)
  }

  @Test(arguments: [
    (ProfileName("default", .fallback), true), (ProfileName("default", .environment), true),
    (ProfileName("default", .setting), false),
  ])
  func `A profile that was asked for by name goes before the environment's keys`(
    profile: ProfileName, isEnvironment: Bool
  ) throws {
    let plan = try plan(
      "[default]\ncredential_process = p\n", environment: ["AWS_ACCESS_KEY_ID": "A"], profile: profile)
    #expect((try plan.way.get().source == .environment) == isEnvironment)
  }

  @Test func `Only the files of the source that decides are watched`() throws {
    let sources: [(config: String, paths: [String])] = [
      ("web_identity_token_file = /token\nrole_arn = r\n", ["/token"]),
      (
        "sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\nsso_region = us-east-1\n",
        ["/home/ana/.aws/sso/cache/51e69892ab49df85c6230ccc57f8e1d1606caccc.json"]
      ),
      ("credential_process = p\n", []),
    ]
    for (config, paths) in sources {
      let way = try plan("[default]\n\(config)").way.get()
      #expect(way.source.watchedPaths(Environment(Self.home)) == paths)
    }
  }

  @Test func `With nothing configured the plan is the machine's metadata, and with that off an error`() throws {
    #expect(try plan("").way.get().source == .instanceMetadata(profile: "default"))
    let plan = try plan("", environment: ["AWS_EC2_METADATA_DISABLED": "true"])
    let error = #expect(throws: AWSError.self) { try plan.way.get() }
    #expect(error?.message.hasPrefix("no AWS credentials") == true)
    #expect(plan.passedOver.count == 10)
  }
}
