import JSON
import Outbound
import TestSupport
import Testing

/// `NO_PROXY`, beside botocore's reading of it.
struct ProxyBypassTests {
  @Test func `Every row of the table of NO_PROXY is as in botocore`() throws {
    let rows = try Oracle.rows("no_proxy.jsonl")
    #expect(rows.count > 45)
    for row in rows {
      let (list, url) = (try #require(row["list"]?.string), try #require(row["url"]?.string))
      let expected: JSONValue? = row["ours"] ?? row["direct"]
      #expect(JSONValue.boolean(ProxyBypass(list).contains(url)) == expected, "\(list) and \(url)")
    }
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of NO_PROXY is what botocore makes`() {
    #expect(Oracle.run("no_proxy.py", table: "no_proxy.jsonl") == Oracle.text("no_proxy.jsonl"))
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `Any list is read as botocore reads it`() throws {
    var random = SeededGenerator(seed: 9)
    let parts = [
      "example.com", ".example.com", "com", "www", "127.0.0.1", "[::1]", "::1", ":", ":80", ":443", ".", "*", " ", "E",
      "\t",
      "..", "[", "]", "a.b",
    ]
    let hosts = [
      "example.com", "www.example.com", "127.0.0.1", "[::1]", "[::1]:80", "a.b:443", "com:80", "EXAMPLE.com:1",
    ]
    let rows = (0..<2000).map { _ -> (list: String, url: String) in
      let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        (0..<Int.random(in: 0...3, using: &random)).map { _ in parts.randomElement(using: &random)! }.joined()
      }
      let scheme = Bool.random(using: &random) ? "http" : "https"
      return (items.joined(separator: ","), "\(scheme)://\(hosts.randomElement(using: &random)!)/a?b")
    }
    let directory = ScratchDirectory()
    let lines = rows.map { row in
      String(decoding: JSONValue.object(["list": .string(row.list), "url": .string(row.url)]).text, as: UTF8.self)
        + "\n"
    }
    directory.write("rows.jsonl", lines.joined())
    let answers = Oracle.run("no_proxy.py", ["\(directory.path)/rows.jsonl"]).split(separator: "\n")
    try #require(answers.count == rows.count)
    for (row, line) in zip(rows, answers) {
      let expected = try JSONValue(parsing: String(line))["direct"]
      #expect(JSONValue.boolean(ProxyBypass(row.list).contains(row.url)) == expected, "\(row)")
    }
  }
}
