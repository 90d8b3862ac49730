import AWSOutput
import JMESPath
import JSON
import TestSupport
import Testing

/// The AWS CLI's own formatters, compared with to the byte.
struct OracleTests {
  @Test(
    "Each form of each value is what the AWS CLI prints",
    arguments: try Oracle.rows("output.jsonl").filter { $0["format"] != nil })
  func forms(row: JSONValue) throws {
    var value = try JSONValue(parsing: try #require(row["value"]?.string))
    if let query = row["query"]?.string { value = try JMESPath(parsing: query).search(value) }
    let format = try #require(row["format"]?.string.flatMap(OutputFormat.init))
    let color = try #require(row["color"]?.string.flatMap(ColorSetting.init))
    let terminal = Int(row["columns"]?.pythonText ?? "").map(Terminal.init)
    var output: [UInt8] = []
    var message: String?
    do throws(OutputError) {
      try OutputRenderer(format: format, color: color, terminal: terminal).render(value, to: &output)
    } catch {
      message = error.message
    }
    #expect(String(decoding: output, as: UTF8.self) == row["output"]?.string)
    #expect(message == row["error"]?.string)
  }

  @Test(
    "Each time in ISO 8601 is what the AWS CLI makes of it",
    arguments: try Oracle.rows("output.jsonl").filter { $0["time"] != nil })
  func times(row: JSONValue) throws {
    let time = try JSONValue(parsing: try #require(row["time"]?.string))
    let secondsEast = try #require(Int(row["secondsEast"]?.pythonText ?? ""))
    let response: JSONValue = ["Credentials": ["AccessTokenExpiration": time]]
    do throws(OutputError) {
      let printed = try TimestampFormat.iso8601.applied(to: response) { _ in secondsEast }
      #expect(printed["Credentials"]?["AccessTokenExpiration"] == row["output"], "\(time)")
    } catch {
      #expect(error.message == row["error"]?.string)
    }
  }

  @Test("The AWS CLI still prints what the table says", .enabled(if: Oracle.isExpected, "the AWS CLI is not in .venv"))
  func live() {
    #expect(Oracle.run("output_vectors.py") == Oracle.text("output.jsonl"))
  }
}
