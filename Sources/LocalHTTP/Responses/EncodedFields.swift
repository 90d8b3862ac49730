package import HTTPTypes

/// Fields that many responses share, encoded once for all of them.
package final class EncodedFields: Sendable {
  let lines: [UInt8]

  /// Encodes `fields`.
  package init(_ fields: HTTPFields) {
    var lines: [UInt8] = []
    lines.append(fields)
    self.lines = lines
  }

  /// The fields that were encoded; read out of the lines, since a cache holds many of these.
  package var fields: HTTPFields {
    var fields: HTTPFields = [:]
    for line in lines.split(separator: .lineFeed) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
      guard parts.count == 2, let name = HTTPField.Name(String(decoding: parts[0], as: UTF8.self)) else { continue }
      fields.append(HTTPField(name: name, value: String(decoding: parts[1].dropFirst().dropLast(), as: UTF8.self)))
    }
    return fields
  }
}
