internal import Glibc
package import JSON

/// `cli_timestamp_format` of the AWS configuration: how the times of a response are printed.
package enum TimestampFormat: Sendable {
  /// Unchanged, the AWS CLI's default.
  case wire
  /// ISO 8601 in local time.
  case iso8601

  /// Reads the configured value; `nil` if none is configured.
  package init(configured value: String?) throws(OutputError) {
    switch value {
    case nil, "wire", "none": self = .wire
    case "iso8601": self = .iso8601
    case let value?:
      throw OutputError(
        "Unknown cli_timestamp_format value: \(value), valid values are \"none\", \"wire\" or \"iso8601\"")
    }
  }

  /// Returns the response of GetFederationToken with its two times in this format.
  ///
  /// `secondsEast` returns the offset of local time from UTC, in seconds, at a time in epoch seconds. Throws for a value that
  /// is not a time.
  package func applied(
    to response: JSONValue, secondsEast: (Int64) -> Int = Self.localOffset
  ) throws(OutputError) -> JSONValue {
    guard case .iso8601 = self, case .object(var object) = response,
      case .object(var credentials)? = object["Credentials"]
    else { return response }
    for name in ["AccessTokenExpiration", "RefreshTokenExpiration"] {
      guard let time = credentials[name] else { continue }
      credentials[name] = .string(try Self.iso8601(time, secondsEast))
    }
    object["Credentials"] = .object(credentials)
    return .object(object)
  }

  /// Returns the offset of `TZ`, or else of the system's time zone.
  package static func localOffset(at seconds: Int64) -> Int {
    tzset()
    var time = time_t(seconds)
    var fields = unsafe tm()
    guard unsafe localtime_r(&time, &fields) != nil else { return 0 }
    return unsafe fields.tm_gmtoff
  }

  private static func iso8601(_ time: JSONValue, _ secondsEast: (Int64) -> Int) throws(OutputError) -> String {
    let text = time.pythonText
    if case .number = time { return try iso8601(JSONNumber(text), text, secondsEast) }
    // The reference also reads a number from a string.
    if case .string = time, let seconds = Double(text), !text.lowercased().contains("x") {
      return try iso8601(.real(seconds), text, secondsEast)
    }
    guard let normalized = ISO8601Time(text)?.text else {
      throw OutputError("Invalid timestamp \"\(text)\": Unknown string format: \(text)")
    }
    return normalized
  }

  private static func iso8601(
    _ number: JSONNumber, _ text: String, _ secondsEast: (Int64) -> Int
  ) throws(OutputError) -> String {
    var microseconds = 0.0
    var seconds = number.double
    if case .real(let value) = number {
      // A double is rounded to microseconds, half to even, as Python does it.
      seconds = value.rounded(.down)
      microseconds = ((value - seconds) * 1_000_000).rounded(.toNearestOrEven)
      if microseconds == 1_000_000 { (seconds, microseconds) = (seconds + 1, 0) }
    }
    guard !seconds.isNaN else { throw OutputError("cannot convert float NaN to integer") }
    // The C library's years overflow from here on.
    guard abs(seconds) < 67_000_000_000_000_000 else {
      throw OutputError("Unable to calculate correct timezone offset for \"\(text)\"")
    }
    let whole = Int64(seconds)
    return try ISO8601Time(seconds: whole, microseconds: Int(microseconds), secondsEast: secondsEast(whole)).text
  }
}
