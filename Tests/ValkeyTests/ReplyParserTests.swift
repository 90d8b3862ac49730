import Secrets
import TestSupport
import Testing

@testable import Valkey

struct ReplyParserTests {
  /// Texts that are one reply each.
  static let replies: [(text: String, reply: Reply)] = [
    ("+OK\r\n", .status("OK")),
    ("+\r\n", .status("")),
    ("-NOSCRIPT No matching script.\r\n", .error("NOSCRIPT No matching script.")),
    (":0\r\n", .integer(0)),
    (":-9223372036854775808\r\n", .integer(.min)),
    (":+7\r\n", .integer(7)),
    ("$-1\r\n", .null),
    ("*-1\r\n", .null),
    ("$0\r\n\r\n", .bulk(Secret(""))),
    ("$7\r\na\r\nb\0\r\n\r\n", .bulk(Secret("a\r\nb\0\r\n"))),
    ("*0\r\n", .array([])),
    ("*1\r\n*0\r\n", .array([.array([])])),
    (
      "*4\r\n$7\r\npresent\r\n$3\r\n\0\u{1}\u{2}\r\n:899000\r\n$-1\r\n",
      .array([.bulk(Secret("present")), .bulk(Secret("\0\u{1}\u{2}")), .integer(899_000), .null])
    ),
    (
      "*3\r\n$7\r\nmessage\r\n$4\r\na:{n\r\n$8\r\nabc drop\r\n",
      .array([.bulk(Secret("message")), .bulk(Secret("a:{n")), .bulk(Secret("abc drop"))])
    ),
    ("*2\r\n*2\r\n:1\r\n*1\r\n+a\r\n-b\r\n", .array([.array([.integer(1), .array([.status("a")])]), .error("b")])),
  ]

  /// Parses pieces one after the other; what is left after an error counts no more.
  private static func parse(
    _ pieces: [[UInt8]], bounds: ReplyParser.Bounds = ReplyParser.Bounds()
  ) throws(ReplyParser.Malformed) -> (replies: [Reply], isWhole: Bool) {
    var parser = ReplyParser(bounds: bounds)
    var replies: [Reply] = []
    for piece in pieces {
      var offset = 0
      while offset < piece.count {
        if let reply = try parser.parse(piece.span, &offset) { replies.append(reply) }
      }
    }
    return (replies, parser.isAtStart)
  }

  @Test(arguments: replies)
  func `a reply is the same in one piece, cut at each byte, and byte by byte`(text: String, reply: Reply) throws {
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      let result = try Self.parse([Array(bytes[..<cut]), Array(bytes[cut...])])
      #expect(result.replies == [reply] && result.isWhole, "cut at \(cut)")
    }
    let slow = try Self.parse(bytes.map { [$0] })
    #expect(slow.replies == [reply] && slow.isWhole)
  }

  @Test(arguments: replies)
  func `half a reply is none yet`(text: String, reply: Reply) throws {
    let bytes = Array(text.utf8)
    for count in 1..<bytes.count {
      let result = try Self.parse([Array(bytes[..<count])])
      #expect(result.replies.isEmpty && !result.isWhole, "\(count) bytes")
    }
  }

  @Test func `replies that come together are taken one by one`() throws {
    let all = Self.replies.map(\.text).joined()
    #expect(try Self.parse([Array(all.utf8)]).replies == Self.replies.map(\.reply))
  }

  @Test(arguments: [
    "x", "\r\n", "HTTP/1.1 400 Bad Request\r\n", "+a\n", "+a\rb\r\n", ":\r\n", ":-\r\n", ":1a\r\n", ": 1\r\n",
    ":1.5\r\n",
    ":9223372036854775808\r\n", "$-2\r\n", "$\r\n", "$1048577\r\n", "$99999999999999999999\r\n", "$1\r\nab\r\n",
    "$1\r\na\n", "$1\r\na\rb", "*-2\r\n", "*1025\r\n", "*1\r\nx", "*2\r\n:1\r\n?\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "*2\r\n*600\r\n", "_\r\n", "%1\r\n", "=15\r\n",
  ])
  func `what is no reply, or too much of one, is refused`(text: String) throws {
    // That which is only the start of too much is refused with its continuation.
    let text = text == "*2\r\n*600\r\n" ? "*2\r\n*600\r\n" + String(repeating: ":1\r\n", count: 600) + "*600\r\n" : text
    #expect(throws: ReplyParser.Malformed.self) { try Self.parse([Array(text.utf8)]) }
    #expect(throws: ReplyParser.Malformed.self) { try Self.parse(text.utf8.map { [$0] }) }
  }

  @Test func `a line, a bulk string and an array may have as much as the bounds say, and no more`() throws {
    var bounds = ReplyParser.Bounds()
    (bounds.line, bounds.bulk, bounds.elements, bounds.depth) = (4, 6, 3, 2)
    for text in ["+abcd\r\n", "$6\r\nabcdef\r\n", "*2\r\n$3\r\nabc\r\n$3\r\ndef\r\n", "*1\r\n*2\r\n:1\r\n:2\r\n"] {
      // A second one shows that what counts is counted for each reply.
      #expect(try Self.parse([Array((text + text).utf8)], bounds: bounds).replies.count == 2, "\(text)")
    }
    for text in ["+abcde\r\n", "$7\r\n", "*2\r\n$3\r\nabc\r\n$4\r\n", "*2\r\n*2\r\n", "*1\r\n*1\r\n*1\r\n"] {
      #expect(throws: ReplyParser.Malformed.self, "\(text)") { try Self.parse([Array(text.utf8)], bounds: bounds) }
    }
  }

  @Test func `a command is an array of bulk strings, whatever its arguments hold`() throws {
    let command = Command("SET", .secret(Secret("k\r\n")), .number(-5), "")
    #expect(command.encoded == Secret("*4\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n-5\r\n$0\r\n\r\n"))
    let read = try Self.parse([Array(command.encoded.exposed.utf8)]).replies
    #expect(read == [.array([.bulk(Secret("SET")), .bulk(Secret("k\r\n")), .bulk(Secret("-5")), .bulk(Secret(""))])])
  }

  @Test func `a number may come as a bulk string`() {
    #expect(Reply.bulk(Secret("12")).number == 12)
    #expect(Reply.integer(12).number == 12)
    #expect(Reply.bulk(Secret("twelve")).number == nil)
    #expect(Reply.null.number == nil && Reply.null.text == nil && Reply.null.elements == nil)
  }
}
