import Testing

@testable import Configuration

struct FleetConfigurationTests {
  private static let store = "store = \"valkeys://cache.example.com:6379\"\n"
  private static let both = store + account
  private static let account = "account = \"123456789012\"\n"

  @Test func `without a store there is no fleet, and nothing else of it is set`() throws {
    #expect(try load("").configuration.fleet.store == nil)
  }

  @Test func `a store and an account are enough to share the quota`() throws {
    let fleet = try load("[fleet]\n" + Self.store + Self.account).configuration.fleet
    #expect(fleet.store.map { "\($0)" } == "valkeys://cache.example.com:6379")
    #expect(fleet.share == .quota && fleet.name == "fedbroker" && fleet.timeout == .milliseconds(250))
  }

  private static let mistakes: [(String, String)] = [
    (store, "fleet.account beside it"), (account, "fleet.store beside it"),
    (both + "share = \"tokens\"", "fleet.key_file beside it"),
    (both + "user = \"a\"", "fleet.password_file beside it"),
    ("share = \"tokens\"", "fleet.store beside it"), ("key_file = \"/k\"", "fleet.store beside it"),
    (store + "account = 123456789012", "twelve digits, in quotation marks"),
    (store + "account = \"12345678901\"", "twelve digits"),
    (both + "timeout = \"5s\"", "20ms to 2s"), (both + "name = \"a:b\"", "hyphens"),
    (both + "share = \"token\"", "write \"tokens\""),
    ("store = \"valkey://cache.example.com:6379\"\n" + account, "write valkeys://"),
    ("store = \"rediss://cache.example.com:6379\"\n" + account, "write valkeys://"),
    (both + "key = \"x\"", "fleet.key"),
  ]

  @Test(arguments: mistakes)
  func `what cannot be says what is missing or allowed`(text: String, mentioned: String) {
    let error = #expect(throws: ConfigurationError.self) { try load("[fleet]\n" + text) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(mentioned), "\(error.map { "\($0)" } ?? "")")
  }

  @Test(arguments: [
    ("no_sign_request = true\n", "unsigned calls"), ("emulate = true\n", "the emulator has no quota"),
  ])
  func `tokens are not shared where they have no caller, nor a quota that there is not`(
    text: String, mentioned: String
  ) {
    let fleet = "[fleet]\n" + Self.store + Self.account + "share = \"tokens\"\nkey_file = \"/k\"\n"
    let error = #expect(throws: ConfigurationError.self) { try load(text + fleet) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(mentioned))
  }

  @Test func `a password in the address is refused and not shown`() {
    let error = #expect(throws: ConfigurationError.self) {
      try load("[fleet]\nstore = \"valkeys://user:hunter2@cache.example.com:6379\"\n" + Self.account)
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("password_file") && !text.contains("hunter2"))
  }
}
