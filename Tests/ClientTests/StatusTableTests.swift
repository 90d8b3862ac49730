import JSON
import Testing

@testable import Client

struct StatusTableTests {
  @Test("Columns are as wide as they must be, and nothing is left over at the ends")
  func table() throws {
    let answer = try JSONValue(
      parsing: """
        {"instances":[
          {"alias":"sales","id":"1","session_name":null,"state":"live","expires_in":3723,
           "last_refresh":"2026-11-24T16:00:00Z","last_error":null},
          {"alias":null,"id":"a-longer-id","session_name":"ana","state":"empty","expires_in":null,"last_refresh":null,
           "last_error":{"code":"AccessDeniedException","detail":"no"}}
        ]}
        """)
    #expect(
      StatusTable(answer).description == """
        INSTANCE          STATE  EXPIRES IN  LAST REFRESH          LAST ERROR
        sales             live   1h 02m 03s  2026-11-24T16:00:00Z  none
        a-longer-id, ana  empty  -           never                 AccessDeniedException: no

        """)
  }

  @Test("The rest of a life is told in the units that it has", arguments: [(0, "0s"), (59, "59s"), (61, "1m 01s")])
  func remaining(seconds: Int, text: String) {
    let answer: JSONValue = ["instances": [["alias": "a", "state": "live", "expires_in": .number("\(seconds)")]]]
    #expect(StatusTable(answer).description.contains("  \(text)  "))
  }

  @Test("No text from elsewhere reaches the terminal as a control sequence")
  func controlCharacters() {
    let answer: JSONValue = ["instances": [["alias": "a\u{1B}[2J\u{9B}1m\n", "state": "live"]]]
    #expect(StatusTable(answer).description.contains("a?[2J?1m? "))
    let json = StatusTable(["a": "\u{9B}1m\u{202E}\u{E0001}\u{1B}"]).json
    #expect(json == #"{"a":"\u009b1m\u202e\udb40\udc01\u001b"}"# + "\n")
  }

  @Test("An answer that is not understood shows the titles alone", arguments: ["{}", "[]", #"{"instances":{}}"#])
  func others(text: String) throws {
    let table = StatusTable(try JSONValue(parsing: text))
    #expect(table.description == "INSTANCE  STATE  EXPIRES IN  LAST REFRESH  LAST ERROR\n")
    #expect(table.json == text + "\n")
  }
}
