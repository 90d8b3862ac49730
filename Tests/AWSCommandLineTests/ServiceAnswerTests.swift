import AWSCommandLine
import JSON
import Testing

/// Answers that the emulator does not give; botocore's parsers.py is the reference.
@Suite struct ServiceAnswerTests {
  private func answer(_ status: Int, _ body: String, errorType: String? = nil) -> ServiceAnswer {
    ServiceAnswer(status: status, errorType: errorType, body: Array(body.utf8))
  }

  @Test(
    "An error's code and message are where botocore finds them",
    arguments: [
      (400, #"{"__type":"com.amazon#Bad:http://x","message":"m"}"#, nil, "(Bad) … : m"),
      (400, #"{"code":"Bad","Message":"M"}"#, nil, "(Bad) … : M"),
      (400, #"{"code":"Body","message":"m"}"#, "Header:http://x", "(Header) … : m"),
      (403, "", nil, "(403) … : "), (404, "<html>Not here</html>", nil, "(404) … : <html>Not here</html>"),
      (503, "", nil, "(503) … : Service Unavailable"), (502, " <html>x</html>", nil, "(502) … : Bad Gateway"),
      (500, "broken", nil, "(500) … : broken"), (302, "", nil, "(302) … : "),
      (400, #"{"message":null}"#, "Bad", "(Bad) … : None"), (400, #"{"message":{"a":1}}"#, "Bad", "(Bad) … : {'a': 1}"),
      (400, #"{"message":"two\nlines\u001b[2J"}"#, "Bad", "(Bad) … : two\nlines[2J"),
    ] as [(Int, String, String?, String)])
  func errors(status: Int, body: String, errorType: String?, expected: String) {
    let answer = answer(status, body, errorType: errorType)
    #expect(answer.isError)
    let parts = expected.split(separator: " … ", maxSplits: 1).map(String.init)
    #expect(
      answer.failure(retries: nil).text
        == "\nAn error occurred \(parts[0]) when calling the GetFederationToken operation\(parts[1])\n")
  }

  @Test func `Repeated in vain, it says how often`() {
    #expect(answer(500, "x").failure(retries: 4).text.contains("operation (reached max retries: 4): x"))
  }

  @Test(
    "A result has the model's members in the model's order",
    arguments: [
      (
        #"{"UserId":"i","Other":1,"Credentials":{"Extra":1,"AccessToken":"t"}}"#,
        #"{"Credentials":{"AccessToken":"t"},"UserId":"i"}"#
      ),
      ("", "{}"), ("no JSON", "{}"), (#"{"Credentials":null,"UserId":null}"#, "{}"),
      (#"{"UserId":1.50}"#, #"{"UserId":1.50}"#),
    ])
  func results(body: String, expected: String) throws {
    #expect(String(decoding: try answer(200, body).result().text, as: UTF8.self) == expected)
  }
}
