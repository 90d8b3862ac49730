internal import JSON
package import Outbound
internal import Secrets

/// An answer of AWS that is an error, in the REST-JSON protocol or the query protocol.
package struct ServiceError: Sendable, Equatable {
  package let status: Int
  /// Letters, digits, `.`, `_` and `-` only; `UpstreamError` where the answer names no code.
  package let code: String
  package let message: String
  package let requestID: String?
  package let delay: RetryPolicy.ServerDelay

  /// - Parameters:
  ///   - service: Who answered, for a message where the answer has none.
  ///   - isXML: Whether the answer is in the query protocol.
  package init(_ response: TransportResponse, from service: String = "Amazon Connect", isXML: Bool = false) {
    let (named, text, requestID) = isXML ? Self.readXML(response) : Self.readJSON(response)
    // `namespace#Code:documentation`
    let code = named.prefix { $0 != ":" }.split(separator: "#", omittingEmptySubsequences: false).last ?? ""
    status = response.status
    self.code = Self.isWord(code) ? String(code) : "UpstreamError"
    message = Self.presentable(text) ?? "\(service) answered with status \(response.status)"
    self.requestID = requestID
    delay = RetryPolicy.ServerDelay(response)
  }

  private static func readJSON(_ response: TransportResponse) -> (code: String, message: String, requestID: String?) {
    let body = try? SecretJSON(parsing: response.body)
    let code = response["x-amzn-ErrorType"] ?? (body?["code"] ?? body?["Code"])?.string ?? body?["__type"]?.string
    return (code ?? "", (body?["message"] ?? body?["Message"])?.string ?? "", requestID(response))
  }

  private static func readXML(_ response: TransportResponse) -> (code: String, message: String, requestID: String?) {
    let body = try? SecretXML(parsing: response.body)
    let id = body?.string("RequestId").flatMap { isWord($0[...]) ? $0 : nil }
    return (body?.string("Error/Code") ?? "", body?.string("Error/Message") ?? "", requestID(response) ?? id)
  }

  /// For people: the code, or the status where the answer named none.
  var name: String { code == "UpstreamError" ? String(status) : code }

  package var isThrottling: Bool { RetryPolicy.isThrottling(status: status, code: code) }

  package var isExpiredToken: Bool { code == "ExpiredTokenException" || code == "ExpiredToken" }

  var error: AWSError {
    AWSError(
      .service(status: status, code: code), message, requestID: requestID, retryAfter: delay.seconds)
  }

  /// `x-amzn-RequestId`, where it looks like one.
  static func requestID(_ response: TransportResponse) -> String? {
    response["x-amzn-RequestId"].flatMap { isWord($0[...]) ? $0 : nil }
  }

  private static func isWord(_ text: Substring) -> Bool {
    1...128 ~= text.utf8.count
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "_" || $0 == "-") }
  }

  /// The first line, cut to 1,024 characters: below it a signature error quotes the canonical request with the session
  /// token in it.
  private static func presentable(_ text: String) -> String? {
    let line = text.prefix { !$0.isNewline }.unicodeScalars.filter { scalar in
      let category = scalar.properties.generalCategory
      return category != .control && category != .format
    }
    let words = String(String.UnicodeScalarView(line.prefix(1024)))
    return words.isEmpty ? nil : words
  }
}
