import AWS
import Testing

struct RegionTests {
  @Test(arguments: ["us-west-2", "a", "1a", "US-West-2", String(repeating: "a", count: 63)])
  func `A host label is a region's name`(name: String) throws {
    #expect(try Region(name).name == name)
  }

  @Test(arguments: [
    "", "-a", "a-", "123", "a.b", "evil.com/", "a b", "a\n", "é", "a@b", "a_b", String(repeating: "a", count: 64),
  ])
  func `Anything else is refused, since it becomes a host name`(name: String) {
    let error = #expect(throws: AWSError.self) { try Region(name) }
    #expect(error?.reason == .noRegion)
  }

  @Test func `The instance's own region goes first, then its ARN's, the flag, the environment, the profile`() throws {
    let arn = "arn:aws:connect:eu-west-2:123456789012:instance/x"
    var settings = UpstreamSettings()
    settings.region = "flag-1"
    let environment = Environment(["AWS_REGION": "environment-1", "AWS_DEFAULT_REGION": "environment-2"])
    func resolve(
      _ instanceRegion: String?, _ id: String, _ settings: UpstreamSettings, _ environment: Environment
    ) throws -> String {
      try Region.resolve(
        instanceRegion: instanceRegion, instanceID: id, settings: settings, environment: environment, section: nil
      ).name
    }
    #expect(try resolve("own-1", arn, settings, environment) == "own-1")
    #expect(try resolve(nil, arn, settings, environment) == "eu-west-2")
    #expect(try resolve(nil, "x", settings, environment) == "flag-1")
    #expect(try resolve(nil, "x", UpstreamSettings(), environment) == "environment-1")
    let older = Environment(["AWS_REGION": "", "AWS_DEFAULT_REGION": "environment-2"])
    #expect(try resolve(nil, "x", UpstreamSettings(), older) == "environment-2")
    let error = #expect(throws: AWSError.self) { try resolve(nil, "x", UpstreamSettings(), Environment()) }
    #expect(error?.reason == .noRegion)
  }

  @Test(arguments: ["x", "arn:aws:connect", "arn:aws:s3:eu-west-2:1:x", "arn:aws:connect::1:instance/x"])
  func `Other ids name no region`(id: String) {
    #expect(Region.named(inARN: id) == nil)
  }
}
