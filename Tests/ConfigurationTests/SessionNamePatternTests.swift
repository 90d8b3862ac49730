import Testing

@testable import Configuration

struct SessionNamePatternTests {
  @Test(arguments: [
    ("*@example.com", "agent7@example.com", true), ("*@example.com", "agent7@example.com.evil", false),
    ("*@example.com", "agent7@examplexcom", false), ("*@example.com", "@example.com", true),
    ("agent*", "agent", true), ("agent*", "Agent7", false), ("a*b*c", "a1b2c", true), ("a*b*c", "abc", true),
    ("a*b*c", "acb", false), ("a*b*c", "ab", false), ("a*a", "a", false), ("a*a", "aa", true), ("*", "anything", true),
    ("ana", "ana", true), ("ana", "ana2", false), ("*ab*ab", "abab", true), ("*ab*ab", "ab", false),
    ("**x", "x", true),
  ])
  func `A star stands for any characters, and nothing else stands for another`(
    pattern: String, name: String, isAllowed: Bool
  ) throws {
    #expect(try #require(SessionNamePattern(pattern)).allows(name, peer: "root") == isAllowed)
  }

  @Test(
    arguments: [
      ("{peer}@example.com", "ana@example.com", "ana", true), ("{peer}@example.com", "ben@example.com", "ana", false),
      ("{peer}@example.com", "ana@example.com", nil, false), ("{peer}@example.com", "@example.com", "", false),
      ("{peer}*", "ana-desk", "ana", true), ("{peer}", "x", "*", false), ("{peer}", "*", "*", true),
      ("{peer}.{peer}", "ana.ana", "ana", true), ("{peer}.{peer}", "ana.ben", "ana", false),
    ] as [(String, String, String?, Bool)])
  func `A peer is given its own user name only, in which no character is special`(
    pattern: String, name: String, peer: String?, isAllowed: Bool
  ) throws {
    #expect(try #require(SessionNamePattern(pattern)).allows(name, peer: peer) == isAllowed)
  }

  @Test(arguments: ["", "a b", "a/b", "ä", "{user}", "{peer", "a?", String(repeating: "a", count: 129)])
  func `A pattern has the characters of session names`(text: String) {
    #expect(SessionNamePattern(text) == nil)
  }

  @Test(arguments: [
    ("ab", true), ("a", false), ("", false), ("a+=,.@-_9", true), (String(repeating: "a", count: 64), true),
    (String(repeating: "a", count: 65), false), ("a b", false), ("a\n", false), ("ana:x", false), ("anä", false),
    ("a\u{0}", false), ("a*", false), ("٣٣", false),
  ])
  func `A session name follows the rule of STS`(name: String, isValid: Bool) {
    #expect(SessionName.isValid(name) == isValid)
  }
}
