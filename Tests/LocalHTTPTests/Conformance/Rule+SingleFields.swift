extension Rule {
  /// Fields that may come once, and lists that may come in several fields (RFC 9110 §5.3).
  static let singleFields: [Rule] =
    namesOfSingleFields.flatMap { name in
      [
        .reads("RFC 9110 §5.3", "one \(name)", get("/", "\(name): a\r\n"), ["GET / "]),
        .refuses("RFC 9110 §5.3", "two of \(name)", get("/", "\(name): a\r\n\(name): b\r\n")),
        .refuses(
          "RFC 9110 §5.3", "two of \(name) that differ in letter case and are apart",
          get("/", "\(name.lowercased()): a\r\nX: y\r\n\(name.uppercased()): a\r\n")),
      ]
    }
    + namesOfLists.map { name in
      .reads("RFC 9110 §5.3", "two of \(name)", get("/", "\(name): a\r\n\(name): b\r\n"), ["GET / "])
    }
    + [
      .refuses("RFC 9110 §5.3", "an empty second Authorization", get("/", "Authorization: a\r\nAuthorization:\r\n")),
      .refuses("RFC 9110 §5.3", "an empty first Authorization", get("/", "Authorization:\r\nAuthorization: a\r\n")),
      .refuses(
        "RFC 9110 §5.3", "the second Authorization after names of the same length",
        get("/", "Authorization: a\r\nauthorizatiom: b\r\nAuthorizations: c\r\nAuthorization: d\r\n")),
      .refuses("RFC 9110 §5.3", "three of Origin", get("/", "Origin: a\r\nOrigin: a\r\nOrigin: a\r\n")),
      .refuses(
        "RFC 9110 §5.3", "two of Authorization in HTTP/1.0",
        "GET / HTTP/1.0\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n"),
      .refuses(
        "RFC 9110 §5.3", "two of Content-Type beside a body",
        post("Content-Type: a/b\r\nContent-Length: 3\r\nContent-Type: a/b", "abc")),
      .reads(
        "RFC 9110 §6.5.1", "a second Authorization in the trailer is not taken",
        post("Authorization: a\r\nTransfer-Encoding: chunked", "0\r\nAuthorization: b\r\n\r\n"), ["POST / "]),
      .reads(
        "RFC 9110 §5.3", "names of the same length",
        get("/", "Authorization: a\r\nAuthorizatiom: b\r\nX-Thirteen-AB: c\r\n"), ["GET / "]),
    ]

  private static let namesOfSingleFields = [
    "Authorization", "Content-Location", "Content-Range", "Content-Type", "Date", "From", "If-Modified-Since",
    "If-Range", "If-Unmodified-Since", "Max-Forwards", "Proxy-Authorization", "Range", "Referer", "User-Agent",
    "Cookie", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Private-Network", "Sec-Fetch-Dest",
    "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-Purpose", "Upgrade-Insecure-Requests",
    "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target",
  ]

  private static let namesOfLists = [
    "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "If-Match", "If-None-Match", "Prefer", "TE",
    "Via", "Warning", "X-Forwarded-For", "Forwarded", "Connection", "Content-Encoding",
    "Access-Control-Request-Headers",
  ]
}
