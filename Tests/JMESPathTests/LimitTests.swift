import JMESPath
import JSON
import Testing

/// Expressions made to exhaust the stack, memory or time.
struct LimitTests {
  private static func kind(of expression: String, _ value: JSONValue = .null) -> JMESPathError.Kind? {
    do throws(JMESPathError) {
      _ = try JMESPath(parsing: expression).search(value)
      return nil
    } catch {
      return error.kind
    }
  }

  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test(
    "The deepest expressions of 1,000 tokens are parsed and applied",
    arguments: [
      repeated("!", 999) + "a", repeated("(", 499) + "a" + repeated(")", 499),
      "a" + repeated(".a", 499), "a" + repeated("|a", 499), "a" + repeated("||a", 499),
      "a" + repeated("==a", 499), "a" + repeated("[]", 999), "@" + repeated("[0]", 333),
      repeated("[", 499) + "a" + repeated("]", 499), repeated("{a:", 249) + "a" + repeated("}", 249),
      repeated("to_array(", 332) + "a" + repeated(")", 332), repeated("[?", 499) + "a" + repeated("]", 499),
      repeated("*.", 499) + "a", "a" + repeated("[*]", 333), repeated("map(&a,", 166) + "`[]`" + repeated(")", 166),
    ])
  func deep(expression: String) {
    #expect(Self.kind(of: expression, ["a": [[["a": 1]]]]) == nil)
  }

  @Test(
    "Expressions of more tokens are refused, however they nest",
    arguments: ["!", "(", "a|", "a.", "[", "{a:", "a[?", "f(", "&", "*.", "a,", "'a'", "`1`", "1 ", "-1 "])
  func tooLong(token: String) {
    #expect(Self.kind(of: Self.repeated(token, 100_000)) == .limitExceeded)
  }

  @Test("A literal that nests too deeply is refused, as is one that does not end")
  func deepLiteral() {
    #expect(Self.kind(of: "`" + Self.repeated("[", 100_000) + "`") == .limitExceeded)
    #expect(Self.kind(of: "`" + Self.repeated("[", 100_000)) == .syntax)
  }

  @Test(
    "Values that double with each step are stopped before memory is full",
    arguments: [
      repeated("[@,@]|", 60) + "@", repeated("[@,@][]|", 60) + "@", repeated("{a:@,b:@}|", 60) + "@",
      "'abc'|" + repeated("join('',[@,@])|", 60) + "@", "'\"'|" + repeated("to_string([@])|", 60) + "@",
      "[@,@]|" + repeated("[@,@]|", 60) + "[]|[0]==[1]",
    ])
  func doubling(expression: String) {
    #expect(Self.kind(of: expression, ["a"]) == .limitExceeded)
  }

  @Test("An error of syntax says where it is, in code points")
  func position() {
    let error = #expect(throws: JMESPathError.self) { try JMESPath(parsing: "'é🙂' #") }
    #expect(error?.position == 5)
    #expect(error?.kind == .syntax)
  }

  @Test(
    "Numbers that are only selected keep their text", arguments: ["1.70E9", "1e400", "-0", "123456789012345678901"])
  func numberText(text: String) throws {
    let value = try JSONValue(parsing: #"{"a":[{"b":\#(text)}]}"#)
    #expect(try JMESPath(parsing: "a[?b].b | [0]").search(value) == .number(text))
  }
}
