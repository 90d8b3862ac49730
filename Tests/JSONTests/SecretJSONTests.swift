import JSON
import Secrets
import Testing

struct SecretJSONTests {
  private func parse(_ text: String) throws -> SecretJSON {
    try SecretJSON(parsing: Secret(text))
  }

  @Test("Values are found by name, at any depth, whatever else is there")
  func lookUp() throws {
    let json = try parse(
      #" {"x":[1,{"y":"}"}],"Credentials":{"Nested":{"a":[]},"AccessToken":"t\u00e9\"k","Expires":1.70E9},"n":null} "#)
    #expect(json.isObject)
    #expect(json["Credentials"]?["AccessToken"]?.string == "té\"k")
    #expect(json["Credentials"]?["AccessToken"]?.secretString?.exposed == "té\"k")
    #expect(json["Credentials"]?["Expires"]?.number == "1.70E9")
    #expect(json["n"] == nil)
    #expect(json["missing"] == nil)
    #expect(json["x"]?["y"] == nil)
  }

  @Test("A value of another kind is no value")
  func kinds() throws {
    let json = try parse(#"{"a":1,"b":"2"}"#)
    #expect(json["a"]?.string == nil)
    #expect(json["a"]?.secretString == nil)
    #expect(json["b"]?.number == nil)
    #expect(json["b"]?["c"] == nil)
    #expect(try parse("[]").isObject == false)
  }

  @Test("Of a name that occurs twice the last value counts")
  func duplicateNames() throws {
    #expect(try parse(#"{"a":"1","a":"2"}"#)["a"]?.string == "2")
    #expect(try parse(#"{"a":"1","a":null}"#)["a"] == nil)
  }

  @Test("The members of an object come in order, each with its own text")
  func members() throws {
    let json = try parse(#" { "b": [1.50, {"x": "}"}] ,"a":"\u00e9\"", "b": null } "#)
    #expect(json.members.map(\.name) == ["b", "a", "b"])
    #expect(
      json.members.map { $0.text.exposed.filter { $0 != " " } } == [#"[1.50,{"x":"}"}]"#, #""\u00e9\"""#, "null"])
    #expect(try parse("[1]").members.isEmpty)
  }

  @Test("The whole text is checked at once", arguments: ["", "<html>", #"{"a":"b""#, #"{"a":"b"} x"#])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try SecretJSON(parsing: Secret(text)) }
  }

  @Test("A long value keeps every byte")
  func longValue() throws {
    let long = String(repeating: "0123456789abcdef", count: 1000)
    #expect(try parse(#"{"a":"\#(long)"}"#)["a"]?.secretString?.exposed == long)
  }
}
