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

  /// - Parameter time: epoch seconds.
  func response(time: Double) -> EmulatorResponse {
    let body: JSONValue = ["message": .string(message)]
    return EmulatorResponse(
      status: status, time: time, mediaType: "application/json",
      // AWS adds an address after the code, which clients must cut.
      fields: [("x-amzn-ErrorType", "\(code):http://internal.amazon.com/")] + fields, body: Secret(body.text))
  }
}
