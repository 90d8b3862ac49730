package import JSON
internal import System

/// A response of the operation, parsed as botocore parses REST-JSON.
package struct ServiceAnswer: Sendable {
  package let status: Int
  /// The value of `x-amzn-ErrorType`, if the response has it.
  private let errorType: String?
  private let body: [UInt8]

  package init(status: Int, errorType: String?, body: [UInt8]) {
    self.status = status
    self.errorType = errorType
    self.body = body
  }

  package var isError: Bool { status >= 301 }

  /// Returns the members of the operation's result that are present, in the model's order, with any value.
  ///
  /// A body that is not JSON has none.
  package func result() throws(CommandFailure) -> JSONValue {
    let answer = parsedBody
    guard answer != .null else { throw .exception("'NoneType' object is not iterable") }
    var result = try Self.members(["Credentials", "SignInUrl", "UserArn", "UserId"], of: answer)
    if let credentials = result["Credentials"] {
      result["Credentials"] = .object(
        try Self.members(
          ["AccessToken", "AccessTokenExpiration", "RefreshToken", "RefreshTokenExpiration"], of: credentials))
    }
    return .object(result)
  }

  /// The error code: from the header, else from the body's `code` or `__type`, else the status.
  package var errorCode: String { isGeneric ? String(status) : namedCode }

  /// Returns the AWS CLI's message for an error.
  ///
  /// - Parameter retries: how often the request was repeated before; `nil` where repeating was not given up.
  package func failure(retries: Int?) -> CommandFailure {
    let suffix = retries.map { " (reached max retries: \($0))" } ?? ""
    let body = parsedBody
    guard isGeneric || body.isObject else { return Self.noAttribute("get", of: body) }
    return .exception(
      "An error occurred (\(errorCode)) when calling the GetFederationToken operation\(suffix): \(errorMessage)")
  }

  private var errorMessage: String {
    guard !isGeneric else { return Self.genericReasons[status] ?? "" }
    return ((parsedBody["message"] ?? parsedBody["Message"])?.pythonText ?? "").printableLines
  }

  private var namedCode: String {
    let body = parsedBody
    var text = body["__type"]?.pythonText ?? String(status)
    if let errorType {
      text = errorType
    } else if let code = body["code"] ?? body["Code"], code != .null {
      text = code.pythonText
    }
    let code = text.prefix { $0 != ":" }.split(separator: "#", omittingEmptySubsequences: false).last ?? ""
    return String(code).printable
  }

  /// A response of another server, such as a proxy, tells its status only.
  private var isGeneric: Bool {
    let text = body.drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
    return status >= 500 && (text.isEmpty || text.starts(with: "<html>".utf8))
  }

  private var parsedBody: JSONValue {
    guard !body.isEmpty else { return [:] }
    // Nearly every body is JSON, which costs a tenth of what Python's reader takes; that one also reads `NaN` and its like.
    if let value = try? JSONValue(parsing: body) { return value }
    let text = String(decoding: body, as: UTF8.self)
    return (try? PythonJSONReader.value(in: text)) ?? ["message": .string(text)]
  }

  private static func noAttribute(_ name: String, of value: JSONValue) -> CommandFailure {
    .exception("'\(value.pythonTypeName)' object has no attribute '\(name)'")
  }

  private static func members(_ names: [String], of value: JSONValue) throws(CommandFailure) -> JSONObject {
    guard case .object(let object) = value else { throw noAttribute("get", of: value) }
    var result = JSONObject()
    for name in names {
      if let member = object[name], member != .null { result[name] = member }
    }
    return result
  }

  private static let genericReasons = [
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout",
  ]
}

extension JSONValue {
  fileprivate var isObject: Bool {
    if case .object = self { true } else { false }
  }
}
