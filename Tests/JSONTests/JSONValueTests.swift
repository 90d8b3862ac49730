import JSON
import Testing

struct JSONValueTests {
  @Test(
    "A text comes back as it was, in member order and number text",
    arguments: [
      #"null"#, #"true"#, #"false"#, #"0"#, #"-0.50"#, #"1.0"#, #"1.7E+9"#, #"1e400"#, #""""#, #""a\"b\\c""#, #"[]"#,
      #"{}"#, #"[1,[2,[3]]]"#, #"{"z":1,"a":{"y":null,"b":[true,false]}}"#, #""é漢🙂""#, #""\u0001\u007f""#,
    ])
  func roundTrip(text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(String(decoding: value.text, as: UTF8.self) == text)
  }

  @Test(
    "Escapes are read",
    arguments: [
      (#""\u00e9\/\b\f\n\r\t""#, "é/\u{8}\u{c}\n\r\t"), (#""\ud83d\ude42""#, "🙂"),
      (#""\ud83d""#, "\u{FFFD}"), (#""\ude42x""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
    ])
  func escapes(text: String, expected: String) throws {
    #expect(try JSONValue(parsing: text) == .string(expected))
  }

  @Test(
    "What is not JSON is refused",
    arguments: [
      "", " ", "nul", "nulll", "tru", "01", "+1", "1.", ".5", "1e", "-", "0x10", "NaN", "Infinity", "'a'", "\"a",
      "\"\\x\"",
      "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "[1,]", "[,1]", "[1 2]", "[1", "{\"a\"}", "{\"a\":}", "{a:1}",
      "{\"a\":1,}",
      "{\"a\" 1}", "{1:2}", "1 2", "{}{}", "<html>", "\u{FEFF}{}",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test("Bytes that are not UTF-8 are refused in a string")
  func notUTF8() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
  }

  @Test("Nesting is bounded, so that a text cannot exhaust the stack")
  func depth() throws {
    let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    #expect(throws: Never.self) { try JSONValue(parsing: deep) }
    for opening in ["[", #"{"a":"#] {
      let tooDeep = String(repeating: opening, count: 100_000)
      let error = #expect(throws: JSONError.self) { try JSONValue(parsing: tooDeep) }
      #expect(error?.reason == "nested too deeply")
    }
  }

  @Test("An error says where and quotes nothing")
  func errorText() {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: #"{"token":"canary",}"#) }
    #expect(error?.reason == "a member's name is expected")
    #expect(error?.offset == 18)
  }

  @Test("Of a name that occurs twice, the last value counts")
  func duplicateNames() throws {
    let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#)
    #expect(value == .object(["a": 3, "b": 2]))
  }

  @Test("Members can be set, replaced and removed")
  func members() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["b"] = "x"
    object["c"] = [true, .null]
    object["a"] = nil
    #expect(String(decoding: JSONValue.object(object).text, as: UTF8.self) == #"{"b":"x","c":[true,null]}"#)
  }

  @Test("An object of many members keeps their order, and each name once", .timeLimit(.minutes(5)))
  func manyMembers() throws {
    let text = (0..<200_000).map { "\"n\($0 % 150_000)\":\($0)" }.joined(separator: ",")
    guard case .object(var object) = try JSONValue(parsing: "{\(text)}") else { return }
    #expect(object.members.count == 150_000)
    #expect(object.members.first?.name == "n0")
    #expect(object["n0"] == 150_000)
    #expect(object["n149999"] == 149_999)
    #expect(object["x"] == nil)
    object["n1"] = nil
    #expect(object["n1"] == nil)
    #expect(object["n2"] == 150_002)
    var small = JSONObject()
    for number in 0..<40 { small["n\(number)"] = .number("\(number)") }
    for number in 0..<39 { small["n\(number)"] = nil }
    #expect(small == ["n39": 39])
    small["\u{E9}"] = 1
    small["e\u{301}"] = 2
    #expect(small.members.map(\.name.utf8.count) == [3, 2, 3])
  }
}
