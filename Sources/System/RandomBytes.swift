internal import CCrypto
package import Secrets

/// Unpredictable numbers, from the kernel (getrandom(2)) and from libcrypto, which takes its seed there.
package enum RandomBytes {
  /// Returns a secret of `count` random bytes; ends the process if libcrypto has none, as without them nothing is safe.
  package static func secret(count: Int) -> Secret {
    Secret(capacity: count) { builder in
      unsafe builder.append(capacity: count) { room in
        guard unsafe RAND_bytes(room.baseAddress, Int32(room.count)) == 1 else {
          fatalError("fedbroker: the system has no random numbers")
        }
        return room.count
      }
    }
  }

  /// Returns `count` random bytes as text, for names that nothing else has.
  package static func hexadecimal(count: Int) -> String { Hexadecimal.encode(bytes(count)) }

  /// Returns a random UUID (version 4, RFC 9562 §5.4) in lower case.
  package static func uuid() -> String {
    var bytes = bytes(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
      if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
      Hexadecimal.append(byte, to: &text)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Asks the kernel once for each eight bytes.
  private static func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      let word = UInt64.random(in: .min ... .max)
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
