import AWSOutput
import JSON
import TestSupport
import Testing

struct YAMLTests {
  private static func yaml(_ json: String) throws -> String {
    var output: [UInt8] = []
    try OutputRenderer(format: .yaml).render(try JSONValue(parsing: json), to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test("A response is a block with a line for each member")
  func response() throws {
    let token = """
      {"Credentials":{"AccessToken":"eyJ.a-b_c","AccessTokenExpiration":1732464000.5,"RefreshToken":"r=="},
      "SignInUrl":"https://example.my.connect.aws/auth/sign-in","UserArn":"arn:aws:connect:eu-central-1:1:instance/i"}
      """
    #expect(
      try Self.yaml(token) == """
        Credentials:
          AccessToken: eyJ.a-b_c
          AccessTokenExpiration: 1732464000.5
          RefreshToken: r==
        SignInUrl: https://example.my.connect.aws/auth/sign-in
        UserArn: arn:aws:connect:eu-central-1:1:instance/i

        """)
  }

  @Test(
    "Lists, empty values and scalars have their forms",
    arguments: [
      ("null", "null\n"), ("[]", "[]\n"), ("{}", "{}\n"), ("1.0", "1.0\n"), ("1e20", "1.0e+20\n"), ("1e400", ".inf\n"),
      ("true", "true\n"), (#"["a",1,null]"#, "- a\n- 1\n- null\n"), (#"[["a","b"],["c"]]"#, "- - a\n  - b\n- - c\n"),
      (#"[{"a":1,"b":[2]},[]]"#, "- a: 1\n  b:\n  - 2\n- []\n"), (#"{"a":{"b":{}}}"#, "a:\n  b: {}\n"),
      (#"{"a":["x",["z"]]}"#, "a:\n- x\n- - z\n"),
    ])
  func forms(json: String, expected: String) throws {
    #expect(try Self.yaml(json) == expected)
  }

  @Test(
    "A string that could be taken for something else is quoted",
    arguments: [
      "", " ", "null", "True", "no", "Y", "1", "1e3", "-", "- a", "a: b", "a #b", "a:", "#a", "&a", "*a", "~", "é",
    ])
  func quoting(text: String) throws {
    var json: [UInt8] = []
    json.appendJSON(string: text)
    #expect(try Self.yaml(String(decoding: json, as: UTF8.self)) == "\"\(text)\"\n")
  }

  @Test("A reader of YAML finds the value that was written", .enabled(if: Oracle.isExpected, "PyYAML is not in .venv"))
  func readBack() throws {
    let documents = [
      #"{"a":"tab\tnew\nline\r \u0000\u007f\u0085\u00a0\u2028\ufeff\ufffe 🙂 漢字 \"q\" \\ \/ 'x' %a @b","b\n:":[[],{}]}"#,
      #"[null,true,false,"null","true","yes","off","0x1F","0o7","1_000","1:30","2026-11-24",".5","1e5","=","<<","!","%"]"#,
      #"{"y":1,"n":2,"true":3,"1":4,"":5,"a b":6,"- c":7,"d:":8,"?":9}"#,
      #"[0,-1,1.5,1e20,-1.5e-7,12345678901234567890,[["a"],[["b",{"c":[{"d":"e"},{"f":[]}]}]]]]"#, #""""#, "null", "[]",
      #"["https://a.b/c?d=e&f=g#h","arn:aws:connect:r:1:instance/i","a@b","a%20b","A+/=","Nan","inf","-.inf","~x"]"#,
    ]
    let read = Oracle.run("output_yaml.py", try documents.map(Self.yaml)).split(separator: "\n")
    #expect(read.count == documents.count)
    for (document, read) in zip(documents, read) {
      var expected: [UInt8] = []
      let writer = PythonJSONWriter(indentation: nil, escapesNonASCII: true)
      writer.write(try JSONValue(parsing: document), to: &expected)
      var found: [UInt8] = []
      writer.write(try JSONValue(parsing: String(read)), to: &found)
      #expect(String(decoding: found, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    }
  }
}
