internal import LocalHTTP
internal import System

/// What a request says of the token that its sender already has (RFC 9110 §13.1.2), and how long it waits for another
/// (RFC 7240 §4.3).
struct TokenCondition: Sendable {
  /// The tags of `If-None-Match`, without their quotes and without the mark of a compressed form.
  private let tags: [Substring]
  /// `If-None-Match: *`.
  private let isAny: Bool
  /// Seconds; 0 where the request does not wait.
  let wait: Int

  /// The longest wait, in seconds: a longer one is cut to it.
  static let longestWait = 300

  /// Returns `nil` for a request without `If-None-Match`.
  init?(_ request: Request) {
    guard request.contains("if-none-match") else { return nil }
    let values = request.values("if-none-match")
    isAny = values.contains { $0.trimmed == "*" }
    tags = values.flatMap(Self.tags)
    wait = request.values("prefer").lazy.flatMap { $0.split(separator: ",") }.compactMap(Self.wait).first ?? 0
  }

  /// Returns whether the sender has the token with this tag.
  func isMet(by tag: String) -> Bool { isAny || tags.contains { $0 == tag } }

  /// Reads `"a", W/"b"`: the comparison is the weak one, and a tag holds no quote.
  private static func tags(of value: String) -> [Substring] {
    let parts = value.split(separator: "\"", omittingEmptySubsequences: false)
    let tags = parts.indices.filter { $0 % 2 == 1 && $0 + 1 < parts.count }.map { parts[$0] }
    return tags.map { $0.hasSuffix(TokenContent.compressedMark) ? $0.dropLast(TokenContent.compressedMark.count) : $0 }
  }

  /// Reads `wait=10`, `wait="10"; x`; `nil` for other preferences and for what is no number, which is to be ignored.
  private static func wait(_ preference: Substring) -> Int? {
    let parts = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[0].trimmed.lowercased() == "wait" else { return nil }
    let text = parts[1].trimmed
    let digits = text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"") ? text.dropFirst().dropLast() : text
    guard 1...9 ~= digits.utf8.count, digits.utf8.allSatisfy(\.isASCIIDigit), let seconds = Int(digits) else {
      return nil
    }
    return min(seconds, longestWait)
  }
}

extension StringProtocol {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " || $0 == "\t" }
    return Substring(
      start[..<(start.lastIndex { $0 != " " && $0 != "\t" }.map(start.index(after:)) ?? start.startIndex)])
  }
}
