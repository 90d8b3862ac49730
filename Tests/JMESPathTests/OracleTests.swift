import JMESPath
import JSON
import TestSupport
import Testing

/// The `jmespath` package that the AWS CLI uses, compared with over a table of expressions.
struct OracleTests {
  @Test(
    "Each expression gives the result or the error of the Python package", arguments: try Oracle.rows("jmespath.jsonl"))
  func agreement(row: JSONValue) throws {
    let value = try JSONValue(parsing: try #require(row["value"]?.string))
    let expression = try #require(row["expression"]?.string)
    do throws(JMESPathError) {
      let result = try JMESPath(parsing: expression).search(value)
      var text: [UInt8] = []
      PythonJSONWriter(indentation: nil, escapesNonASCII: true).write(result, to: &text)
      #expect(String(decoding: text, as: UTF8.self) == row["result"]?.string, "\(expression)")
    } catch {
      #expect(error.kind.rawValue == row["error"]?.string, "\(expression)")
      #expect(error.message == row["message"]?.string, "\(expression)")
    }
  }

  @Test(
    "The Python package still says what the table says", .enabled(if: Oracle.isExpected, "the AWS CLI is not in .venv"))
  func live() {
    #expect(Oracle.run("jmespath_vectors.py") == Oracle.text("jmespath.jsonl"))
  }
}
