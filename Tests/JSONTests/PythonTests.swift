import JSON
import Testing

/// What Python's `json`, `str()` and `repr()` print; the tables in `Tests/oracle` hold many more.
struct PythonTests {
  @Test(
    "A number is printed as Python prints it",
    arguments: [
      ("1", "1"), ("-0", "0"), ("1.0", "1.0"), ("-0.0", "-0.0"), ("1.70E9", "1700000000.0"),
      ("1e15", "1000000000000000.0"),
      ("1e16", "1e+16"), ("1.5e16", "1.5e+16"), ("0.0001", "0.0001"), ("0.00001", "1e-05"), ("1e400", "Infinity"),
      ("-1e400", "-Infinity"), ("12345678901234567", "12345678901234567"),
      ("12345678901234567.0", "1.2345678901234568e+16"),
      ("123456789012345678901234567890123456789012", "123456789012345678901234567890123456789012"),
      ("5e-324", "5e-324"),
      ("1.7976931348623157e308", "1.7976931348623157e+308"), ("0.1e-2", "0.001"), ("100.25", "100.25"), ("0e5", "0.0"),
    ])
  func numbers(text: String, expected: String) {
    #expect(JSONNumber.rewritten(text) == expected)
  }

  @Test(
    "A string's representation escapes what Python escapes",
    arguments: [
      ("a", "'a'"), ("it's", "\"it's\""), ("'\"", "'\\'\"'"), ("\\\n\r\t", "'\\\\\\n\\r\\t'"),
      ("\u{7}\u{7F}", "'\\x07\\x7f'"),
      ("é漢🙂", "'é漢🙂'"), ("\u{A0}\u{2028}\u{E0001}", "'\\xa0\\u2028\\U000e0001'"),
    ])
  func representation(text: String, expected: String) {
    #expect(JSONValue.string(text).pythonRepresentation == expected)
  }

  @Test("Values print as Python's")
  func values() throws {
    let value = try JSONValue(parsing: #"{"a":[1,2.50,"x",null,true,{}],"b":false}"#)
    #expect(value.pythonText == "{'a': [1, 2.5, 'x', None, True, {}], 'b': False}")
    #expect(JSONValue.string("x'y").pythonText == "x'y")
  }

  @Test(
    "JSON is written as json.dumps writes it",
    arguments: [
      (
        nil, true, #"{"é":[1,{"a":"\u001f\"\\/\u007f🙂"}],"b":[]}"#,
        #"{"\u00e9":[1,{"a":"\u001f\"\\/\u007f\ud83d\ude42"}],"b":[]}"#
      ),
      (nil, false, #"["é\b\f\n\r\t\u007f🙂"]"#, "[\"é\\b\\f\\n\\r\\t\u{7F}🙂\"]"),
      (
        2, false, #"{"a":[1,{}],"b":{"c":[]}}"#,
        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}"
      ),
    ] as [(Int?, Bool, String, String)])
  func dumps(indentation: Int?, escapesNonASCII: Bool, json: String, expected: String) throws {
    var output: [UInt8] = []
    PythonJSONWriter(indentation: indentation, escapesNonASCII: escapesNonASCII)
      .write(try JSONValue(parsing: json), to: &output)
    #expect(String(decoding: output, as: UTF8.self) == expected)
  }

  @Test("Two names of the same look and other code points are two members")
  func canonicalEquivalence() throws {
    let value = try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#)
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
  }
}
