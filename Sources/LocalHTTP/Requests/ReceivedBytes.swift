internal import CLinux
internal import Glibc

/// Bytes that a client has sent, wiped before their memory is used for anything else: a head may hold the bearer token.
///
/// `@unchecked Sendable`: the parser that made it is the only one to change it, and only while no request refers to it.
final class ReceivedBytes: @unchecked Sendable {
  /// No access overlaps a change, by the same proof; Swift would check that at run time, at each access.
  @safe @exclusivity(unchecked) private(set) var bytes: [UInt8] = []

  deinit {
    wipe(from: 0)
  }

  var count: Int { bytes.count }
  var isEmpty: Bool { bytes.isEmpty }
  var capacity: Int { bytes.capacity }

  func append(_ input: Span<UInt8>, _ range: Range<Int>) {
    let needed = bytes.count + range.count
    if needed > bytes.capacity { grow(to: needed) }
    bytes.append(input, range)
  }

  /// Drops and wipes what follows the first `count` bytes.
  func truncate(to count: Int) {
    wipe(from: count)
    bytes.removeLast(bytes.count - count)
  }

  /// Drops and wipes all; keeps the memory if it is at most `capacity` bytes.
  func removeAll(keepingCapacity capacity: Int) {
    wipe(from: 0)
    bytes.removeAll(keepingCapacity: bytes.capacity <= capacity)
  }

  /// Moves to larger memory; an array that did so itself would leave its bytes behind.
  private func grow(to count: Int) {
    var larger: [UInt8] = []
    larger.reserveCapacity(max(count, bytes.capacity * 2))
    larger.append(contentsOf: bytes)
    wipe(from: 0)
    bytes = larger
  }

  private func wipe(from start: Int) {
    guard start < bytes.count else { return }
    unsafe bytes.withUnsafeMutableBytes { unsafe $0[start...].wipe() }
  }
}

extension Slice<UnsafeMutableRawBufferPointer> {
  /// Overwrites the memory with zeros; no compiler leaves that out.
  func wipe() {
    let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: self)
    if let start = memory.baseAddress { unsafe explicit_bzero(start, memory.count) }
  }
}
