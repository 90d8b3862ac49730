extension Rule {
  /// The chunked coding (RFC 9112 §7.1).
  static let chunks: [Rule] = [
    .reads("RFC 9112 §7.1", "no chunk but the last", chunked("0\r\n\r\n"), ["POST / "]),
    .reads("RFC 9112 §7.1", "two chunks", chunked("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), ["POST / abc"]),
    .reads("RFC 9112 §7.1", "a size in upper case", chunked("A\r\nabcdefghij\r\n0\r\n\r\n"), ["POST / abcdefghij"]),
    .reads("RFC 9112 §7.1", "a size in lower case", chunked("a\r\nabcdefghij\r\n0\r\n\r\n"), ["POST / abcdefghij"]),
    .reads("RFC 9112 §7.1", "leading zeros", chunked("0003\r\nabc\r\n000\r\n\r\n"), ["POST / abc"]),
    .reads(
      "RFC 9112 §7.1", "data that looks like the last chunk", chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
      ["POST / 0\r\n\r\n"]),
    .reads(
      "RFC 9112 §7.1", "what follows the last chunk is the next request", chunked("0\r\n\r\n") + get("/2"),
      ["POST / ", "GET /2 "]),
    .reads("RFC 9112 §7.1.1", "an extension", chunked("1;n\r\na\r\n0\r\n\r\n"), ["POST / a"]),
    .reads("RFC 9112 §7.1.1", "an extension with a value", chunked("1;n=v\r\na\r\n0;m=w\r\n\r\n"), ["POST / a"]),
    .reads(
      "RFC 9112 §7.1.1", "an extension with a quoted value", chunked("1;n=\"v;\"\r\na\r\n0\r\n\r\n"), ["POST / a"]),
    .reads("RFC 9112 §7.1.2", "a trailer field is dropped", chunked("0\r\nX: y\r\n\r\n"), ["POST / "]),
    .reads(
      "RFC 9110 §6.5.1", "a length in the trailer frames nothing",
      chunked("0\r\nContent-Length: 5\r\n\r\n") + get("/2"), ["POST / ", "GET /2 "]),
    .reads(
      "RFC 9110 §6.5.1", "a Host in the trailer is not taken", chunked("0\r\nHost: other\r\n\r\n"), ["POST / "]),
    .refuses("RFC 9112 §7.1", "no size", chunked("\r\nabc\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "an extension without a size", chunked(";n\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a size that is no number", chunked("g\r\n")),
    .refuses("RFC 9112 §7.1", "a plus sign", chunked("+1\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a minus sign", chunked("-1\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "0x", chunked("0x1\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a digit separator", chunked("1_0\r\n")),
    .refuses("RFC 9112 §7.1", "a space before the size", chunked(" 1\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a space after the size", chunked("1 \r\na\r\n0\r\n\r\n")),
    .refuses(
      "RFC 9112 §7.1.1", "a space before an extension, which only bad senders make", chunked("1 ;n\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a comma after the size", chunked("1,\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a NUL after the size", chunked("1\0\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "seventeen digits", chunked("00000000000000001\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "2^64 + 1, which overflows to 1", chunked("10000000000000001\r\na\r\n0\r\n\r\n"), 413),
    .refuses("RFC 9112 §7.1", "2^63, whose sign is another", chunked("8000000000000000\r\na"), 413),
    .refuses("RFC 9112 §7.1", "a size line that ends with a bare LF", chunked("1\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a size line that ends with a bare CR", chunked("1\ra\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a size line that ends with CR CR LF", chunked("1\r\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "data longer than its size", chunked("1\r\nab\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "data shorter than its size", chunked("3\r\nab\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "data that ends with a bare LF", chunked("1\r\na\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "data that ends with a bare CR", chunked("1\r\na\r0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "data that ends with any two bytes", chunked("1\r\naXX0\r\n\r\n")),
    .refuses("RFC 9112 §7.1.1", "a NUL in an extension", chunked("1;\0\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1.1", "a bare LF in an extension", chunked("1;a\nb\r\na\r\n0\r\n\r\n")),
    .refuses("RFC 9112 §7.1.1", "a bare CR in an extension", chunked("1;a\rb\r\na\r\n0\r\n\r\n")),
    .refuses(
      "RFC 9112 §7.1.1", "extensions longer than 4,096 bytes",
      chunked("1;\(String(repeating: "x", count: 4097))\r\na\r\n0\r\n\r\n")),
    .refuses(
      "RFC 9112 §7.1.1", "extensions of many chunks that are so together",
      chunked(String(repeating: "1;\(String(repeating: "x", count: 100))\r\na\r\n", count: 42) + "0\r\n\r\n")),
    .refuses("RFC 9112 §7.1", "a bare LF at the end of the body", chunked("0\r\n\n")),
    .refuses("RFC 9112 §7.1", "something else at the end of the body", chunked("0\r\nabc\r\n\r\n")),
    .refuses("RFC 9112 §7.1.2", "a trailer field with a space before the colon", chunked("0\r\nX : y\r\n\r\n")),
    .refuses("RFC 9112 §7.1.2", "a folded trailer field", chunked("0\r\nX: y\r\n z\r\n\r\n")),
    .refuses("RFC 9112 §7.1.2", "a trailer field that ends with a bare LF", chunked("0\r\nX: y\n\r\n")),
    .refuses("RFC 9112 §7.1.2", "a NUL in a trailer field", chunked("0\r\nX: a\0\r\n\r\n")),
    .refuses("RFC 9112 §7.1.2", "a request in place of the trailer", chunked("0\r\n" + get("/smuggled"))),
  ]
}
