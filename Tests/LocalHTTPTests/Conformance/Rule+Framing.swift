extension Rule {
  /// `Content-Length` (RFC 9110 §8.6, RFC 9112 §6.2, §6.3).
  static let lengths: [Rule] = [
    .reads("RFC 9112 §6.3", "no length, no body", post("X: y"), ["POST / "]),
    .reads("RFC 9112 §6.2", "a length", post("Content-Length: 3", "abc"), ["POST / abc"]),
    .reads("RFC 9112 §6.2", "a length of zero", post("Content-Length: 0"), ["POST / "]),
    .reads("RFC 9110 §8.6", "leading zeros", post("Content-Length: 0003", "abc"), ["POST / abc"]),
    .reads("RFC 9110 §8.6", "the name in lower case", post("content-length: 3", "abc"), ["POST / abc"]),
    .reads("RFC 9112 §6.3", "a body with a GET", get("/", "Content-Length: 3\r\n") + "abc", ["GET / abc"]),
    .reads(
      "RFC 9112 §6.3", "a body with an HTTP/1.0 POST", "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
      ["POST / abc"], then: .closed),
    .reads(
      "RFC 9112 §6.3", "a body that looks like a request", post("Content-Length: 35", get("/smuggled")),
      ["POST / \(get("/smuggled"))"]),
    .reads(
      "RFC 9112 §6.3", "what follows a body is the next request", post("Content-Length: 1", "a") + get("/2"),
      ["POST / a", "GET /2 "]),
    .reads(
      "RFC 9112 §6.3", "what follows a request without a length is no body", post("X: y") + get("/2"),
      ["POST / ", "GET /2 "]),
    .refuses("RFC 9112 §6.3", "a body without a length", post("X: y", "abc def\r\n\r\n"), after: ["POST / "]),
    .refuses(
      "RFC 9112 §6.3", "a body that is longer than it says", post("Content-Length: 1", "abc\r\n\r\n"),
      after: ["POST / a"]),
    .refuses("RFC 9112 §6.3", "a list of two lengths", post("Content-Length: 3, 4", "abcd")),
    .refuses("RFC 9112 §6.3", "a list of equal lengths, which may be refused", post("Content-Length: 3, 3", "abc")),
    .refuses("RFC 9112 §6.3", "two lengths", post("Content-Length: 3\r\nContent-Length: 4", "abcd")),
    .refuses(
      "RFC 9112 §6.3", "equal lengths, which may be refused", post("Content-Length: 3\r\nContent-Length: 3", "abc")),
    .refuses(
      "RFC 9112 §6.3", "two lengths that differ in letter case", post("Content-Length: 0\r\ncontent-length: 3", "abc")),
    .refuses("RFC 9110 §8.6", "a plus sign", post("Content-Length: +3", "abc")),
    .refuses("RFC 9110 §8.6", "a minus sign", post("Content-Length: -3", "abc")),
    .refuses("RFC 9110 §8.6", "minus zero", post("Content-Length: -0")),
    .refuses("RFC 9110 §8.6", "a hexadecimal number", post("Content-Length: 0x3", "abc")),
    .refuses("RFC 9110 §8.6", "a hexadecimal digit", post("Content-Length: a", "abcdefghij")),
    .refuses("RFC 9110 §8.6", "a fraction", post("Content-Length: 3.0", "abc")),
    .refuses("RFC 9110 §8.6", "an exponent", post("Content-Length: 3e0", "abc")),
    .refuses("RFC 9110 §8.6", "a digit separator", post("Content-Length: 1_0", "abcdefghij")),
    .refuses("RFC 9110 §8.6", "two numbers", post("Content-Length: 3 3", "abc")),
    .refuses("RFC 9110 §8.6", "a unit", post("Content-Length: 3b", "abc")),
    .refuses("RFC 9110 §8.6", "an empty value", post("Content-Length:", "abc")),
    .refuses("RFC 9110 §8.6", "a quoted number", post("Content-Length: \"3\"", "abc")),
    .refuses("RFC 9110 §8.6", "a parameter", post("Content-Length: 3;a=b", "abc")),
    .refuses("RFC 9110 §8.6", "a comma after the number", post("Content-Length: 3,", "abc")),
    .refuses("RFC 9110 §8.6", "a superscript digit of Latin-1", post("Content-Length: \u{B3}", "abc")),
    .refuses("RFC 9112 §6.3", "2^63", post("Content-Length: 9223372036854775808", "abc")),
    .refuses("RFC 9112 §6.3", "2^64 + 3", post("Content-Length: 18446744073709551619", "abc")),
    .refuses(
      "RFC 9112 §6.3", "a number of a hundred digits",
      post("Content-Length: " + String(repeating: "9", count: 100), "abc")),
    .refuses(
      "RFC 9110 §15.5.14", "2^63 − 1, which no memory holds", post("Content-Length: 9223372036854775807", "abc"), 413),
    .refuses("RFC 9112 §6.3", "a malformed length with a GET", get("/", "Content-Length: x\r\n")),
  ]

  /// `Transfer-Encoding`, and it together with `Content-Length` (RFC 9112 §6.1, §6.3).
  static let codings: [Rule] = [
    .reads("RFC 9112 §6.1", "chunked", chunked("3\r\nabc\r\n0\r\n\r\n"), ["POST / abc"]),
    .reads("RFC 9112 §7", "chunked in any letter case", post("Transfer-Encoding: cHuNkEd", "0\r\n\r\n"), ["POST / "]),
    .reads(
      "RFC 9110 §5.6.1", "empty elements of the list are ignored", post("Transfer-Encoding: , chunked ,", "0\r\n\r\n"),
      ["POST / "],
      acceptedAlone: "RFC 9110 §5.6.1.2: a recipient must accept a reasonable number of empty elements"),
    .reads(
      "RFC 9112 §6.1", "white space around chunked", post("Transfer-Encoding: \t chunked \t ", "0\r\n\r\n"), ["POST / "]
    ),
    .reads(
      "RFC 9112 §6.3", "chunked with a GET", get("/", "Transfer-Encoding: chunked\r\n") + "1\r\na\r\n0\r\n\r\n",
      ["GET / a"]),
    .refuses(
      "RFC 9112 §6.3", "both: length first", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses(
      "RFC 9112 §6.3", "both: coding first", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
    .refuses(
      "RFC 9112 §6.3", "both: a length of zero", post("Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §6.3", "both: a coding that is none", post("Content-Length: 3\r\nTransfer-Encoding: x", "abc")),
    .refuses("RFC 9112 §6.3", "both: an empty coding", post("Content-Length: 3\r\nTransfer-Encoding:", "abc")),
    .refuses(
      "RFC 9112 §6.3", "both: a length that is none",
      post("Content-Length: x\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §6.1", "chunked twice in one field", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
    .refuses(
      "RFC 9112 §6.1", "chunked twice in two fields",
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses(
      "RFC 9112 §6.3", "chunked, then another coding in a second field",
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "0\r\n\r\n")),
    .refuses(
      "RFC 9112 §6.3", "another coding, then chunked in a second field",
      post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §6.3", "chunked is not last", post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n")),
    .refuses("RFC 9112 §6.3", "chunked between others", post("Transfer-Encoding: gzip, chunked, gzip", "0\r\n\r\n")),
    .refuses("RFC 9112 §6.1", "a coding before chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 501),
    .refuses("RFC 9112 §6.3", "gzip alone has no end", post("Transfer-Encoding: gzip", "abc")),
    .refuses("RFC 9112 §7", "identity, which is a coding no more", post("Transfer-Encoding: identity", "abc")),
    .refuses(
      "RFC 9112 §6.1", "identity before chunked", post("Transfer-Encoding: identity, chunked", "0\r\n\r\n"), 501),
    .refuses("RFC 9112 §6.1", "an empty coding", post("Transfer-Encoding:", "abc")),
    .refuses("RFC 9112 §6.1", "commas alone", post("Transfer-Encoding: ,,", "abc")),
    .refuses("RFC 9112 §7.1", "chunked with a parameter", post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n")),
    .refuses("RFC 9112 §7", "a quoted coding", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")),
    .refuses("RFC 9112 §7", "a longer word", post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §7", "a word and chunked", post("Transfer-Encoding: x chunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §7", "chunked with a full stop", post("Transfer-Encoding: chunked.", "0\r\n\r\n")),
    .refuses("RFC 9110 §5.5", "a vertical tab before chunked", post("Transfer-Encoding: \u{B}chunked", "0\r\n\r\n")),
    .refuses("RFC 9110 §5.5", "a NUL after chunked", post("Transfer-Encoding: chunked\0", "0\r\n\r\n")),
    .refuses(
      "RFC 9112 §7", "a no-break space of Latin-1 before chunked", post("Transfer-Encoding: \u{A0}chunked", "0\r\n\r\n")
    ),
    .refuses("RFC 9112 §2.2", "chunked behind a bare LF", post("X: y\nTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §2.2", "chunked behind a bare CR", post("X: y\rTransfer-Encoding: chunked", "0\r\n\r\n")),
    .refuses("RFC 9112 §6.1", "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .refuses(
      "RFC 9112 §6.1", "chunked in a kept HTTP/1.0 connection",
      "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .reads(
      "RFC 9110 §5.6.2", "an underscore makes another field",
      post("Transfer_Encoding: chunked\r\nContent-Length: 1", "a"), ["POST / a"]),
  ]
}
