internal import System

/// Where a bus listens on this machine (D-Bus Specification, "Server Addresses").
package enum BusAddress: Sendable, Equatable {
  case path(String)
  /// A name in Linux's abstract namespace.
  case abstract(String)

  /// The system's bus, where `DBUS_SYSTEM_BUS_ADDRESS` names no other.
  package static let system = BusAddress.path("/var/run/dbus/system_bus_socket")

  /// Returns the unix sockets among the addresses of a text, in their order.
  package static func all(in text: String) throws(BusError) -> [BusAddress] {
    let addresses = text.split(separator: ";").compactMap(BusAddress.init)
    guard !addresses.isEmpty else { throw .address(text.printable) }
    return addresses
  }

  private init?(_ text: Substring) {
    guard text.hasPrefix("unix:") else { return nil }
    for pair in text.dropFirst("unix:".count).split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Self.unescaped(parts[1]), !value.isEmpty else { continue }
      switch parts[0] {
      case "path":
        self = .path(value)
        return
      case "abstract":
        self = .abstract(value)
        return
      default: continue
      }
    }
    return nil
  }

  /// Returns a value with the bytes that its `%XX` stand for; `nil` where one stands for none, or a NUL.
  private static func unescaped(_ value: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(value.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let decoded = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }
}
