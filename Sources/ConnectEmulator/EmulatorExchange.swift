package import Secrets
internal import System
internal import Timestamps

/// A request as the emulator sees it, over whatever it came.
package struct EmulatorRequest: Sendable {
  package let method: String
  /// As sent: percent-encoded.
  package let path: String
  /// As sent, without the question mark.
  package let query: String
  package let fields: [(name: String, value: String)]
  package let body: [UInt8]

  package init(
    method: String, path: String, query: String = "", fields: [(name: String, value: String)], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.body = body
  }

  /// The values of the fields of that name, in any letter case.
  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name }.map(\.value)
  }
}

/// What the emulator does with a request.
package enum EmulatorOutcome: Sendable {
  case response(EmulatorResponse)
  /// The connection is to end with no answer.
  case drop
}

package struct EmulatorResponse: Sendable {
  package let status: Int
  /// By the emulator's clock, in seconds since the epoch.
  package let date: Int
  /// All but `Date`.
  package let fields: [(name: String, value: String)]
  package let body: Secret

  /// - Parameter time: epoch seconds.
  init(
    status: Int, time: Double, mediaType: String, fields: [(name: String, value: String)] = [], body: Secret
  ) {
    self.status = status
    date = Int(time)
    self.fields = [("Content-Type", mediaType), ("x-amzn-RequestId", RandomBytes.uuid())] + fields
    self.body = body
  }

  /// `date` as the field of that name has it.
  package var dateText: String { Timestamp.httpDateText(seconds: Int64(date)) }
}
