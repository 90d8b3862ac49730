import AWS
import Clocks
import Configuration
import Testing

@testable import Daemon
@testable import LocalAPI

/// Whether the daemon's identity is the one that a command selects.
struct UpstreamIdentityTests {
  @Test(
    "The daemon's identity is its profile's name, or the environment's key unless a profile is named",
    arguments: [
      ([:], nil, .profile("default"), true), ([:], nil, .profile("other"), false),
      ([:], nil, .accessKeyID("AKID"), false), (["AWS_PROFILE": "sales"], nil, .profile("sales"), true),
      (["AWS_PROFILE": "sales"], "support", .profile("support"), true),
      (["AWS_PROFILE": "sales"], "support", .profile("sales"), false),
      (["AWS_ACCESS_KEY_ID": "AKID"], nil, .accessKeyID("AKID"), true),
      (["AWS_ACCESS_KEY_ID": "AKID"], nil, .accessKeyID("OTHER"), false),
      (["AWS_ACCESS_KEY_ID": "AKID"], nil, .profile("default"), false),
      (["AWS_ACCESS_KEY_ID": "AKID", "AWS_PROFILE": "sales"], nil, .profile("sales"), false),
      (["AWS_ACCESS_KEY_ID": "AKID"], "support", .accessKeyID("AKID"), false),
      (["AWS_ACCESS_KEY_ID": "AKID"], "support", .profile("support"), true),
    ] as [([String: String], String?, IdentitySelector, Bool)])
  func identity(environment: [String: String], profile: String?, selector: IdentitySelector, isOwn: Bool) throws {
    var flags = FlagOverrides()
    flags.set("profile", to: profile)
    flags.set("region", to: "us-east-1")
    let configuration = try ConfigurationLoader.load(
      flags: flags, environment: ["HOME": "/nonexistent"], defaultFile: "/nonexistent"
    ).configuration
    let files = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
    let directory = Upstream(
      Upstream.Settings(configuration), environment: environment.merging(files) { $1 }, clock: try SystemClock(),
      metrics: Metrics()
    ).directory(of: configuration.instances)
    if isOwn {
      #expect(throws: Never.self) { try directory.key(for: "demo", selector: selector) }
    } else {
      #expect(throws: Problem.self) { try directory.key(for: "demo", selector: selector) }
    }
  }
}
