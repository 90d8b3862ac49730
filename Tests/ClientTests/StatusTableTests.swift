import JSON
import Testing

@testable import Client

struct StatusTableTests {
  @Test("Columns are as wide as they must be, and nothing is left over at the ends")
  func table() throws {
    let answer = try JSONValue(
      parsing: """
        {"instances":[
          {"alias":"sales","id":"1","session_name":null,
           "user_arn":"arn:aws:connect:us-east-1:123456789012:instance/1/agent/agent-7","state":"live","expires_in":3723,
           "last_refresh":"2026-11-24T16:00:00Z","last_error":null},
          {"alias":null,"id":"a-longer-id","session_name":"ana","warm":true,"state":"empty","expires_in":null,"last_refresh":null,
           "last_error":{"code":"AccessDeniedException","detail":"no"}}
        ]}
        """)
    #expect(
      StatusTable(answer).text(isColored: false) == """
        INSTANCE     USER     STATE  EXPIRES IN  LAST REFRESH          LAST ERROR
        sales        agent-7  live   1h 02m 03s  2026-11-24T16:00:00Z  none
        a-longer-id  ana      empty  -           never                 AccessDeniedException: no

        """)
  }

  @Test("The rest of a life is told in the units that it has", arguments: [(0, "0s"), (59, "59s"), (61, "1m 01s")])
  func remaining(seconds: Int, text: String) {
    let answer: JSONValue = ["instances": [["alias": "a", "state": "live", "expires_in": .number("\(seconds)")]]]
    #expect(StatusTable(answer).text(isColored: false).contains("  \(text)  "))
  }

  @Test("No text from elsewhere reaches the terminal as a control sequence")
  func controlCharacters() {
    let answer: JSONValue = ["instances": [["alias": "a\u{1B}[2J\u{9B}1m\n", "state": "live"]]]
    #expect(StatusTable(answer).text(isColored: false).contains("a?[2J?1m? "))
    let json = StatusTable(["a": "\u{9B}1m\u{202E}\u{E0001}\u{1B}"]).json
    #expect(json == #"{"a":"\u009b1m\u202e\udb40\udc01\u001b"}"# + "\n")
  }

  @Test("An answer that is not understood shows the titles alone", arguments: ["{}", "[]", #"{"instances":{}}"#])
  func others(text: String) throws {
    let table = StatusTable(try JSONValue(parsing: text))
    #expect(table.text(isColored: false) == "INSTANCE  USER  STATE  EXPIRES IN  LAST REFRESH  LAST ERROR\n")
    #expect(table.json == text + "\n")
  }

  @Test("Without an instance it says what that means")
  func empty() {
    let text = StatusTable(["instances": []]).text(isColored: true)
    #expect(text.hasPrefix("The daemon answers, and holds no token yet: it serves any instance"))
  }

  @Test("Colours change no width")
  func colors() {
    let answer: JSONValue = [
      "instances": [
        ["alias": "a", "state": "live"], ["alias": "b", "state": "empty", "warm": .boolean(true)],
        ["alias": "c", "state": "empty", "last_error": ["code": "E", "detail": "d"]],
      ]
    ]
    let colored = StatusTable(answer).text(isColored: true)
    #expect(colored.contains("\u{1B}[32mlive\u{1B}[0m   -") && colored.contains("\u{1B}[31mempty\u{1B}[0m  -"))
    #expect(colored.contains("\u{1B}[31mE: d\u{1B}[0m"))
    #expect(colored.replacing(/\u{1B}\[[0-9]+m/, with: "") == StatusTable(answer).text(isColored: false))
  }
}
