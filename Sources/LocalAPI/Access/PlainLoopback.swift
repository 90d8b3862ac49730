internal import LocalHTTP
internal import System

extension Span<UInt8> {
  /// Whether an authority is one of the two that nearly all clients send, with or without a port of digits: to parse any
  /// other takes memory.
  var isPlainLoopback: Bool { isHost("127.0.0.1") || isHost("localhost") }

  private func isHost(_ host: StaticString) -> Bool {
    let length = host.utf8CodeUnitCount
    guard starts(with: host) else { return false }
    guard count > length else { return true }
    guard self[length] == UInt8(ascii: ":") else { return false }
    for index in (length + 1)..<count where !self[index].isASCIIDigit { return false }
    return true
  }
}
