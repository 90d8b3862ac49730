import AWSOutput
import JSON
import Testing

struct TimestampFormatTests {
  private let response: JSONValue = [
    "Credentials": ["AccessTokenExpiration": .number("1732464000.0"), "AccessToken": "1", "RefreshTokenExpiration": 0],
    "UserId": "u",
  ]

  @Test("Times stay as they came by default", arguments: [nil, "wire", "none"])
  func wire(configured: String?) throws {
    #expect(try TimestampFormat(configured: configured).applied(to: response) == response)
  }

  @Test("Only the two times are put into ISO 8601")
  func iso8601() throws {
    let printed = try TimestampFormat(configured: "iso8601").applied(to: response) { _ in 3600 }
    #expect(
      printed == [
        "Credentials": [
          "AccessTokenExpiration": "2024-11-24T17:00:00+01:00", "AccessToken": "1",
          "RefreshTokenExpiration": "1970-01-01T01:00:00+01:00",
        ],
        "UserId": "u",
      ])
  }

  @Test("The offset is asked for at each time, since summer time differs")
  func offsets() throws {
    let printed = try TimestampFormat.iso8601.applied(to: response) { $0 == 0 ? 0 : 7200 }
    #expect(printed["Credentials"]?["AccessTokenExpiration"] == "2024-11-24T18:00:00+02:00")
    #expect(printed["Credentials"]?["RefreshTokenExpiration"] == "1970-01-01T00:00:00+00:00")
  }

  @Test("A response without credentials stays as it is", arguments: [[:], ["Credentials": "x"], .null] as [JSONValue])
  func nothingToDo(response: JSONValue) throws {
    #expect(try TimestampFormat.iso8601.applied(to: response) == response)
  }

  @Test("Another value of cli_timestamp_format is refused in the AWS CLI's words")
  func unknown() {
    let error = #expect(throws: OutputError.self) { try TimestampFormat(configured: "ISO8601") }
    #expect(
      error?.message
        == "Unknown cli_timestamp_format value: ISO8601, valid values are \"none\", \"wire\" or \"iso8601\"")
  }
}
