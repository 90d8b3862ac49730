/// A message of a bus (D-Bus Specification, "Message Protocol").
package struct BusMessage: Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    case call = 1
    case reply = 2
    case error = 3
    case signal = 4
  }

  /// `nil` for a kind of a later version of the protocol, which is to be ignored.
  package internal(set) var kind: Kind?
  package internal(set) var path: String?
  package internal(set) var interface: String?
  package internal(set) var member: String?
  package internal(set) var errorName: String?
  /// The serial of the call that is answered.
  package internal(set) var replySerial: UInt32?
  /// Who sent it: the bus itself writes this, a unique name or its own.
  package internal(set) var sender: String?
  package internal(set) var body: [BusValue] = []

  /// Numbers of header fields, beside those that nothing here needs.
  private enum Field: Int64 {
    case path = 1
    case interface = 2
    case member = 3
    case errorName = 4
    case replySerial = 5
    case destination = 6
    case sender = 7
    case signature = 8
  }

  /// Reads a whole message.
  init(parsing bytes: [UInt8]) throws(BusError) {
    let frame = try BusFrame(bytes)
    kind = Kind(rawValue: bytes[1])
    var header = BusReader(bytes, at: 12, isBigEndian: frame.isBigEndian)
    var signature = ""
    let fields = try header.value(.array(.structure([.basic(UInt8(ascii: "y")), .variant])))
    for field in fields.array ?? [] {
      guard let pair = field.structure, let code = pair[0].integer, let value = pair[1].content else { continue }
      switch Field(rawValue: code) {
      case .path: path = value.text
      case .interface: interface = value.text
      case .member: member = value.text
      case .errorName: errorName = value.text
      case .replySerial: replySerial = value.integer.flatMap { UInt32(exactly: $0) }
      case .sender: sender = value.text
      case .signature: signature = value.text ?? ""
      case .destination, nil: continue
      }
    }
    try header.align(to: 8)
    var reader = BusReader(bytes, at: header.position, isBigEndian: frame.isBigEndian)
    body = try reader.values(try BusType.all(in: signature.utf8))
    guard reader.isAtEnd else { throw .malformed("the length of its body") }
  }

  /// Returns a call whose arguments are strings, little-endian.
  static func call(
    serial: UInt32, destination: String, path: String, interface: String, member: String, arguments: [String]
  ) -> [UInt8] {
    var body = BusWriter()
    for argument in arguments { body.string(argument) }
    var message = BusWriter()
    message.bytes = [UInt8(ascii: "l"), Kind.call.rawValue, 0, 1]
    message.unsigned(UInt32(body.bytes.count))
    message.unsigned(serial)
    var fields: [(Field, String, String)] = [
      (.path, "o", path), (.interface, "s", interface), (.member, "s", member), (.destination, "s", destination),
    ]
    if !arguments.isEmpty { fields.append((.signature, "g", String(repeating: "s", count: arguments.count))) }
    // The length of an array leaves out the padding before its first element, which begins at 16 here.
    let start = 16
    message.unsigned(0)
    for (field, type, value) in fields {
      message.align(to: 8)
      message.bytes.append(UInt8(field.rawValue))
      message.signature(type)
      if type == "g" { message.signature(value) } else { message.string(value) }
    }
    let length = UInt32(message.bytes.count - start)
    for index in 0..<4 { message.bytes[12 + index] = UInt8(truncatingIfNeeded: length >> (index * 8)) }
    message.align(to: 8)
    return message.bytes + body.bytes
  }
}

/// Writes values, little-endian.
private struct BusWriter {
  var bytes: [UInt8] = []

  mutating func align(to boundary: Int) {
    while bytes.count % boundary != 0 { bytes.append(0) }
  }

  mutating func unsigned(_ value: UInt32) {
    align(to: 4)
    for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (index * 8))) }
  }

  mutating func string(_ text: String) {
    unsigned(UInt32(text.utf8.count))
    bytes += text.utf8
    bytes.append(0)
  }

  mutating func signature(_ text: String) {
    bytes.append(UInt8(text.utf8.count))
    bytes += text.utf8
    bytes.append(0)
  }
}
