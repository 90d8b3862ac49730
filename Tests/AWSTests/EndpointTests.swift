import AWS
import JSON
import TestSupport
import Testing

struct EndpointTests {
  @Test func `Every region has the endpoint of the table`() throws {
    let rows = try Oracle.rows("endpoints.jsonl")
    #expect(rows.count > 200)
    for row in rows {
      let endpoint = try Endpoint(
        region: Region(try #require(row["region"]?.string)), usesFIPS: row["fips"] == true,
        usesDualStack: row["dualStack"] == true)
      #expect(endpoint.url(path: "") == row["url"]?.string)
    }
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of endpoints is what botocore makes`() throws {
    #expect(Oracle.run("endpoints.py", table: "endpoints.jsonl") == Oracle.text("endpoints.jsonl"))
  }

  @Test(arguments: ["fips-us-gov-west-1", "us-gov-west-1-fips"])
  func `A region named for FIPS is the region, with FIPS`(name: String) throws {
    let endpoint = try Endpoint(region: Region(name))
    #expect(endpoint == (try Endpoint(region: Region("us-gov-west-1"), usesFIPS: true)))
    #expect(endpoint.signingRegion == "us-gov-west-1")
  }

  @Test(arguments: [
    ("http://127.0.0.1:2776", "http://127.0.0.1:2776/x"), ("https://h:443/", "https://h/x"),
    ("http://h:80", "http://h/x"), ("http://h:443", "http://h:443/x"),
    ("HTTPS://Host.Example", "https://host.example/x"),
    ("https://h/base/path/", "https://h/base/path/x"), ("http://[::1]:9", "http://[::1]:9/x"),
    ("https://h.", "https://h./x"), ("http://my_host", "http://my_host/x"),
  ])
  func `A configured endpoint goes before the path`(url: String, address: String) throws {
    #expect(try Endpoint(url: url, region: Region("us-east-1")).url(path: "/x") == address)
  }

  @Test(arguments: [
    "", "h", "ftp://h", "http:/h", "http://", "http://u@h", "http://u:p@h", "http://h?q", "http://h#f", "http://h:0",
    "http://h:65536", "http://h:+8", "http://h:", "http://-h", "http://h..i", "http://h\r\nX: y", "http://h h",
    "http://[::1", "http://[x]", "http://h\\i", "http://é", "http://\(String(repeating: "a", count: 64))",
  ])
  func `An endpoint of another form is refused`(url: String) throws {
    let region = try Region("us-east-1")
    #expect(throws: AWSError.self) { try Endpoint(url: url, region: region) }
  }

  private func resolve(
    config: String = "", environment: [String: String] = [:], flag: String? = nil
  ) throws -> String {
    let directory = ScratchDirectory()
    let environment = Environment(
      environment.merging([
        "AWS_CONFIG_FILE": directory.write("config", config), "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
      ]) { $1 })
    var settings = UpstreamSettings()
    settings.endpointURL = flag
    let configuration = try SharedConfigFiles(environment: environment).load()
    return try Endpoint.resolve(
      region: Region("us-west-2"), settings: settings, environment: environment,
      section: configuration.profile("default"), configuration: configuration
    ).url(path: "")
  }

  private static let services = "services = s\n[services s]\nconnect =\n  endpoint_url = http://services\n"

  @Test func `The flag goes first, then the variables, the services section, the profile and AWS`() throws {
    let config = "[default]\nendpoint_url = http://profile\n" + Self.services
    let both = ["AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_CONNECT": "http://connect"]
    #expect(try resolve(config: config, environment: both, flag: "http://flag") == "http://flag")
    #expect(try resolve(config: config, environment: both) == "http://connect")
    #expect(try resolve(config: config, environment: ["AWS_ENDPOINT_URL": "http://all"]) == "http://all")
    #expect(try resolve(config: config, environment: ["AWS_ENDPOINT_URL": ""]) == "http://services")
    #expect(try resolve(config: "[default]\nendpoint_url = http://profile\n") == "http://profile")
    #expect(try resolve() == "https://connect.us-west-2.amazonaws.com")
  }

  @Test func `Configured endpoints can be ignored, but not the flag's`() throws {
    let environment = ["AWS_ENDPOINT_URL": "http://all", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True"]
    #expect(try resolve(environment: environment) == "https://connect.us-west-2.amazonaws.com")
    #expect(try resolve(environment: environment, flag: "http://flag") == "http://flag")
    let config = "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://profile\n"
    #expect(try resolve(config: config) == "https://connect.us-west-2.amazonaws.com")
    #expect(
      try resolve(config: config, environment: ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"]) == "http://profile")
  }

  @Test func `FIPS and dual-stack come from the environment or the profile`() throws {
    #expect(
      try resolve(environment: ["AWS_USE_FIPS_ENDPOINT": "true"]) == "https://connect-fips.us-west-2.amazonaws.com")
    #expect(
      try resolve(config: "[default]\nuse_dualstack_endpoint = true\n") == "https://connect.us-west-2.api.aws")
  }

  @Test(arguments: ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
  func `A configured endpoint counts as it stands`(variable: String) throws {
    #expect(try resolve(environment: [variable: "true"], flag: "http://flag") == "http://flag")
  }

  @Test func `A services section that does not exist is an error`() {
    let error = #expect(throws: AWSError.self) { try resolve(config: "[default]\nservices = nowhere\n") }
    #expect(error?.message.contains("nowhere") == true)
  }
}
