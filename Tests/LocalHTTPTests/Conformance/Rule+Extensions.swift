extension Rule {
  /// Chunk extensions (RFC 9112 §7.1.1), each behind the size of a chunk.
  static let extensions: [Rule] =
    validExtensions.map { (says, line) in
      .reads("RFC 9112 §7.1.1", says, chunked("\(line)\r\na\r\n0\r\n\r\n"), ["POST / a"])
    }
    + invalidExtensions.map { (says, line) in
      .refuses("RFC 9112 §7.1.1", says, chunked("\(line)\r\na\r\n0\r\n\r\n"))
    }
    + [
      .reads("RFC 9112 §7.1.1", "an extension of the last chunk", chunked("1\r\na\r\n0;a=b\r\n\r\n"), ["POST / a"]),
      .refuses("RFC 9112 §7.1.1", "a bad extension of the last chunk", chunked("1\r\na\r\n0;=b\r\n\r\n")),
      .reads(
        "RFC 9112 §7.1.1", "extensions of 4,096 bytes",
        chunked("1;\(String(repeating: "x", count: 4094))\r\na\r\n0\r\n\r\n"), ["POST / a"]),
      .refuses(
        "RFC 9112 §7.1.1", "extensions longer than 4,096 bytes",
        chunked("1;\(String(repeating: "x", count: 4095))\r\na\r\n0\r\n\r\n")),
      .refuses(
        "RFC 9112 §7.1.1", "white space before an extension that is longer than that",
        chunked("1\(String(repeating: " ", count: 4097));x\r\na\r\n0\r\n\r\n")),
      .refuses(
        "RFC 9112 §7.1.1", "a quoted value longer than that",
        chunked("1;a=\"\(String(repeating: ";", count: 4097))\"\r\na\r\n0\r\n\r\n")),
      .refuses(
        "RFC 9112 §7.1.1", "extensions of many chunks that are longer than that together",
        chunked(String(repeating: "1;\(String(repeating: "x", count: 100))\r\na\r\n", count: 42) + "0\r\n\r\n")),
    ]

  private static let validExtensions: [(says: String, line: String)] = [
    ("a name", "1;n"),
    ("a name of every character of a token", "1;a!#$%&'*+-.^_`|~0"),
    ("a name and a value", "1;n=v"),
    ("a name and a quoted value", "1;n=\"v\""),
    ("an empty quoted value", "1;n=\"\""),
    ("a semicolon inside quotes", "1;n=\"v;w\""),
    ("an equals sign and a comma inside quotes", "1;n=\"a=b,c\""),
    ("an escaped quote inside quotes", "1;n=\"a\\\"b\""),
    ("an escaped backslash at the end of the quotes", "1;n=\"a\\\\\""),
    ("an escaped letter, tab and space", "1;n=\"\\a\\\t\\ \""),
    ("white space inside quotes", "1;n=\" \t \""),
    ("obs-text inside quotes", "1;n=\"caf\u{E9}\u{80}\u{FF}\""),
    ("escaped obs-text", "1;n=\"\\\u{FF}\""),
    ("two extensions", "1;a;b"),
    ("two extensions with values", "1;a=b;c=\"d\""),
    ("the same extension twice", "1;a=1;a=2"),
    ("BWS before the semicolon", "1 ;a=b"),
    ("BWS after the semicolon", "1; a=b"),
    ("BWS before the equals sign", "1;a =b"),
    ("BWS after the equals sign", "1;a= b"),
    ("BWS everywhere", "1 \t; \ta\t = \t\"b\" ; c"),
    ("a value of digits", "1;a=0"),
    ("a name that looks like a size", "1;5"),
    ("an extension after leading zeros", "0001;a"),
  ]

  private static let invalidExtensions: [(says: String, line: String)] = [
    ("a semicolon alone", "1;"),
    ("a semicolon and white space", "1; "),
    ("two semicolons", "1;;a"),
    ("a semicolon after the last extension", "1;a;"),
    ("an empty name", "1;=x"),
    ("an equals sign alone", "1;="),
    ("a name without the value it announces", "1;a="),
    ("a name, an equals sign and white space", "1;a= "),
    ("two equals signs", "1;a==b"),
    ("two values", "1;a=b=c"),
    ("two names", "1;a b"),
    ("a name and a word after BWS", "1;a=b c"),
    ("an open quote", "1;a=\""),
    ("an open quote with text", "1;a=\"b"),
    ("an escape that hides the closing quote", "1;a=\"b\\\""),
    ("text after the closing quote", "1;a=\"b\"c"),
    ("a quote inside a token", "1;a=b\"c\""),
    ("a quoted name", "1;\"a\""),
    ("a quoted value in single quotes with a space", "1;a='b c'"),
    ("white space after a name", "1;a "),
    ("white space after a value", "1;a=b "),
    ("white space after quotes", "1;a=\"b\" "),
    ("white space and no extension", "1 "),
    ("a tab and no extension", "1\t"),
    ("a word after white space", "1 a"),
    ("an equals sign after white space", "1 =a"),
    ("a comma", "1;a,b"),
    ("a slash", "1;a/b"),
    ("a colon", "1;a:b"),
    ("brackets", "1;a=[b]"),
    ("a byte 0xFF as a name", "1;\u{FF}"),
    ("a byte 0xFF in a name", "1;a\u{FF}"),
    ("a byte 0xFF as a value", "1;a=\u{FF}"),
    ("a byte 0x80 before the semicolon", "1\u{80};a"),
    ("a NUL", "1;\0"),
    ("a NUL inside quotes", "1;a=\"\0\""),
    ("a DEL inside quotes", "1;a=\"\u{7F}\""),
    ("an escaped NUL", "1;a=\"\\\0\""),
    ("a vertical tab as white space", "1\u{B};a"),
    ("a bare LF", "1;a\nb"),
    ("a bare LF inside quotes", "1;a=\"\nb\""),
    ("a bare CR", "1;a\rb"),
    ("a CRLF inside quotes", "1;a=\"\r\nb\""),
    ("an escaped CR", "1;a=\"\\\r\""),
    ("an extension without a size", ";n"),
  ]
}
