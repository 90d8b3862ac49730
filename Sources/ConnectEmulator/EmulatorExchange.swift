package import Secrets

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
  /// `Date` included: it may differ from the real one.
  package let fields: [(name: String, value: String)]
  package let body: Secret
}
