internal import Glibc
internal import JSON
internal import Secrets

/// An error as AWS's REST-JSON services answer it.
struct EmulatedError: Error {
  let status: Int
  let code: String
  let message: String
  let fields: [(name: String, value: String)]

  init(_ status: Int, _ code: String, _ message: String, fields: [(name: String, value: String)] = []) {
    self.status = status
    self.code = code
    self.message = message
    self.fields = fields
  }

  func response(time: Double) -> EmulatorResponse {
    let body: JSONValue = ["message": .string(message)]
    return EmulatorResponse(
      status: status,
      // AWS adds an address after the code, which clients must cut.
      fields: Self.fields("application/json", time) + [("x-amzn-ErrorType", "\(code):http://internal.amazon.com/")]
        + fields,
      body: Secret(body.text))
  }

  /// What every answer carries.
  ///
  /// `time` is in epoch seconds.
  static func fields(_ mediaType: String, _ time: Double) -> [(name: String, value: String)] {
    [("Content-Type", mediaType), ("Date", date(time)), ("x-amzn-RequestId", requestID())]
  }

  /// IMF-fixdate (RFC 9110 §5.6.7).
  private static func date(_ seconds: Double) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func requestID() -> String {
    func part(_ digits: Int) -> String {
      let text = String(UInt64.random(in: 0..<(1 << UInt64(digits * 4))), radix: 16)
      return String(repeating: "0", count: digits - text.count) + text
    }
    return [8, 4, 4, 4, 12].map(part).joined(separator: "-")
  }
}
