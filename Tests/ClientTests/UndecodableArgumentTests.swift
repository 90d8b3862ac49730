import Testing

@testable import Client

struct UndecodableArgumentTests {
  /// Latin-1, and what Python says of it.
  private static let table: [(bytes: [UInt8], what: String)] = [
    ([0x64, 0xE9, 0x6D, 0x6F], #"character '\udce9' in position 1"#),
    (Array("--instance-id=é".utf8) + [0xFF], #"character '\udcff' in position 1"#),
    ([0xE9, 0xE9, 0x61], "characters in position 0-1"), ([0xC3, 0xA9, 0xC3], #"character '\udcc3' in position 1"#),
  ]

  @Test("It is told as Python tells it", arguments: table)
  func undecodable(bytes: [UInt8], what: String) {
    #expect(
      UndecodableArgument.message(for: bytes) == "'utf-8' codec can't encode \(what): surrogates not allowed")
  }

  @Test(arguments: ["", "démo", "--instance-id=é", "\u{FFFD}"])
  func `UTF-8 is no problem`(text: String) {
    #expect(UndecodableArgument.message(for: Array(text.utf8)) == nil)
  }
}
