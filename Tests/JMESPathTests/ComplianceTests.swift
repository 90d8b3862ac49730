import JMESPath
import JSON
import TestSupport
import Testing

/// The official compliance suite, which is not ours to keep here: it is used where it lies beside the package.
struct ComplianceTests {
  struct Case: CustomTestStringConvertible {
    let given: JSONValue
    let expression: String
    let result: JSONValue?
    let error: String?

    var testDescription: String { expression }
  }

  private static let suite = "\(Oracle.packageRoot)/../shared/jmespath"
  private static let files = ChildProcess.run(["find", suite, "-name", "*.json"]).output.split(separator: "\n")

  private static let cases: [Case] = files.flatMap { file -> [Case] in
    let groups = try? JSONValue(parsing: ChildProcess.run(["cat", String(file)]).output)
    return (groups?.array ?? []).flatMap { group -> [Case] in
      (group["cases"]?.array ?? []).compactMap { row -> Case? in
        // Those of the benchmarks have neither result nor error.
        guard let expression = row["expression"]?.string, row["result"] != nil || row["error"] != nil else {
          return nil
        }
        return Case(
          given: group["given"] ?? .null, expression: expression, result: row["result"], error: row["error"]?.string)
      }
    }
  }

  @Test(
    "Each case of the official compliance suite passes",
    .enabled(if: !files.isEmpty, "the suite is not at ../shared/jmespath"), arguments: cases)
  func compliance(row: Case) {
    do {
      let result = try JMESPath(parsing: row.expression).search(row.given)
      // The order of an object's members is not the suite's to say.
      #expect(row.result.map { $0.isSame(as: result) } == true, "\(row.expression): \(result)")
    } catch {
      #expect(row.error == error.kind.rawValue, "\(row.expression): \(error.message)")
    }
  }
}

extension JSONValue {
  fileprivate func isSame(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.number(let text), .number(let other)): Double(text) == Double(other)
    case (.array(let elements), .array(let others)):
      elements.count == others.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
    case (.object(let object), .object(let other)):
      object.members.count == other.members.count
        && object.members.allSatisfy { member in other[member.name].map { member.value.isSame(as: $0) } ?? false }
    default: self == other
    }
  }
}
