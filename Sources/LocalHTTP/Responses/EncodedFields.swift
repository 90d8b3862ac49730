package import HTTPTypes

/// Fields that many responses share, encoded once for all of them.
package final class EncodedFields: Sendable {
  /// The fields that were encoded.
  package let fields: HTTPFields
  let lines: [UInt8]

  /// Encodes `fields`.
  package init(_ fields: HTTPFields) {
    self.fields = fields
    var lines: [UInt8] = []
    lines.append(fields)
    self.lines = lines
  }
}
