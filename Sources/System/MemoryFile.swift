internal import CLinux
internal import Glibc

/// Files without a name, in memory.
package enum MemoryFile {
  /// Returns a descriptor that reads `bytes` from their start, for a program's standard input.
  ///
  /// Unlike a pipe it takes any number of bytes at once, whether or not somebody reads them.
  package static func make(_ bytes: Span<UInt8>) throws(SystemError) -> Int32 {
    let descriptor = try SystemError.check("memfd_create") { fedbroker_memory_file() }
    do throws(SystemError) {
      try bytes.writeAll(to: descriptor)
      _ = try SystemError.check("lseek") { Int32(truncatingIfNeeded: lseek(descriptor, 0, SEEK_SET)) }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }
}
