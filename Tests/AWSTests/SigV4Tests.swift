import AWS
import JSON
import Secrets
import TestSupport
import Testing

struct SigV4Tests {
  private static let secretKey = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

  @Test func `botocore agrees with the table of signatures`() throws {
    for row in try Oracle.rows("signatures.jsonl") {
      let id = try #require(row["id"]?.string)
      let region = try #require(row["region"]?.string)
      guard case .number(let date) = row["date"] else { continue }
      let path = try ConnectFederation.path(instanceID: id)
      #expect(path == row["path"]?.string)
      let credentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secretKey,
        sessionToken: row["token"]?.string.map { Secret($0) }, source: "test")
      let host = try Endpoint(region: Region(region)).authority
      let fields = SigV4.fields(
        signing: SigV4.Request(method: "GET", path: path, fields: [("Host", Secret(host))]),
        credentials: credentials, region: region, service: "connect", date: try #require(Int64(date)))
      let authorization = fields.first { $0.name == "Authorization" }?.value.exposed
      #expect(authorization == row["authorization"]?.string, "\(id)")
    }
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of signatures is what botocore makes`() throws {
    #expect(Oracle.run("sign.py", table: "signatures.jsonl") == Oracle.text("signatures.jsonl"))
  }

  /// The example of the specification.
  ///
  /// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-examples.html and the AWS test suite.
  @Test func `The canonical request of the test suite's get-vanilla-query-order-key-case`() {
    let request = SigV4.Request(
      method: "get", path: "/", query: "Param2=value2&Param1=value1",
      fields: [("X-Amz-Date", Secret("20150830T123600Z")), ("HOST", Secret("example.amazonaws.com"))])
    let canonical = SigV4.canonicalRequest(request, signedNames: ["host", "x-amz-date"])
    #expect(
      canonical.exposed == """
        GET
        /
        Param1=value1&Param2=value2
        host:example.amazonaws.com
        x-amz-date:20150830T123600Z

        host;x-amz-date
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        """)
    let scope = SigV4.Scope(day: "20150830", region: "us-east-1", service: "service")
    let text = SigV4.stringToSign(timestamp: "20150830T123600Z", scope: scope, canonicalRequest: canonical)
    #expect(
      SigV4.signature(of: text, key: SigV4.signingKey(Self.secretKey, scope))
        == "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
  }

  @Test(arguments: [
    ("/", "/"), ("", "/"), ("/a/", "/a/"), ("//a//b", "/a/b"), ("/a/./b/../c", "/a/c"), ("/../a", "/a"),
    ("/a/..", "/"), ("/a%20b", "/a%2520b"), ("/é~", "/%C3%A9~"), ("/a:b", "/a%3Ab"),
  ])
  func `A path is normalized and encoded once more`(path: String, canonical: String) {
    let request = SigV4.Request(method: "GET", path: path, fields: [])
    let text = SigV4.canonicalRequest(request, signedNames: []).exposed
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false)[1] == canonical)
  }

  @Test(arguments: [
    ("", ""), ("a", "a="), ("b=2&a=1", "a=1&b=2"), ("a=2&a=1", "a=1&a=2"), ("a=b=c", "a=b=c"), ("a=1&A=1", "A=1&a=1"),
    ("a%20b=%2F", "a%20b=%2F"), ("a=1&", "=&a=1"),
  ])
  func `A query is sorted and not encoded again`(query: String, canonical: String) {
    let request = SigV4.Request(method: "GET", path: "/", query: query, fields: [])
    let text = SigV4.canonicalRequest(request, signedNames: []).exposed
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false)[2] == canonical)
  }

  @Test func `Values of one name are joined, and their white space is collapsed`() {
    let request = SigV4.Request(
      method: "GET", path: "/", fields: [("A", Secret("  x \t y  ")), ("B", Secret("")), ("a", Secret("z"))])
    let text = SigV4.canonicalRequest(request, signedNames: ["a", "b", "c"]).exposed
    #expect(text.contains("\na:x y,z\nb:\nc:\n\na;b;c\n"))
  }

  @Test(arguments: [
    (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
    (1_709_164_800, "20240229T000000Z"), (4_107_542_400, "21000301T000000Z"), (-1, "19691231T235959Z"),
  ])
  func `A time stamp is in UTC`(date: Int64, text: String) {
    #expect(SigV4.timestamp(date) == text)
  }

  @Test func `A session token is signed and never shown`() {
    let credentials = AWSCredentials(
      accessKeyID: "A", secretAccessKey: Self.secretKey, sessionToken: Secret("the-token"), source: "test")
    let fields = SigV4.fields(
      signing: SigV4.Request(method: "GET", path: "/", fields: [("Host", Secret("h"))]), credentials: credentials,
      region: "us-east-1", service: "connect", date: 0)
    #expect(fields.map(\.name) == ["X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
    #expect(fields[2].value.exposed.contains("SignedHeaders=host;x-amz-date;x-amz-security-token"))
    #expect(!"\(credentials) \(fields)".contains("the-token"))
  }
}
