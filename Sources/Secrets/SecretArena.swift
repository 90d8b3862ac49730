internal import CCrypto
internal import Glibc
internal import Synchronization

/// Hands out the memory that holds secrets: kept out of swap and core files where the kernel allows it, wiped
/// before a block is used again.
///
/// Blocks come in power-of-two sizes from pages that are locked one chunk at a time, so that the locked size
/// follows the secrets held rather than the process (`mlockall` would pin the whole of it). `RLIMIT_MEMLOCK` is
/// 64 KiB in many containers: a chunk that cannot be locked is used all the same.
enum SecretArena {
  private static let chunkSize = 64 * 1024
  private static let smallestBlock = 64
  private static let classCount = 11  // 64 bytes … 64 KiB
  private static let freeBlocks = Mutex(FreeBlocks())

  /// Free blocks by size class, as addresses, since a pointer may not cross into a `Mutex`.
  private struct FreeBlocks: Sendable {
    var bySizeClass = [[UInt]](repeating: [], count: SecretArena.classCount)
  }

  /// Zeroed memory of at least `byteCount` bytes.
  static func allocate(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    guard byteCount <= chunkSize else {
      let size = (byteCount + 4095) & ~4095
      return unsafe UnsafeMutableRawBufferPointer(start: mapPages(size), count: size)
    }
    let sizeClass = sizeClass(of: byteCount)
    let blockSize = smallestBlock << sizeClass
    let address = freeBlocks.withLock { free in
      if let address = free.bySizeClass[sizeClass].popLast() { return address }
      let chunk = unsafe UInt(bitPattern: mapPages(chunkSize))
      free.bySizeClass[sizeClass] = stride(from: chunk + UInt(blockSize), to: chunk + UInt(chunkSize), by: blockSize)
        .reversed()
      return chunk
    }
    return unsafe UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: address), count: blockSize)
  }

  /// Wipes a block from `allocate` and makes it free again.
  static func wipeAndFree(_ block: UnsafeMutableRawBufferPointer) {
    unsafe OPENSSL_cleanse(block.baseAddress, block.count)
    guard block.count <= chunkSize else {
      unsafe munmap(block.baseAddress, block.count)
      return
    }
    let address = UInt(bitPattern: block.baseAddress)
    freeBlocks.withLock { $0.bySizeClass[sizeClass(of: block.count)].append(address) }
  }

  private static func sizeClass(of byteCount: Int) -> Int {
    let units = (max(byteCount, 1) - 1) / smallestBlock
    return Int.bitWidth - units.leadingZeroBitCount
  }

  private static func mapPages(_ size: Int) -> UnsafeMutableRawPointer {
    let pages = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages = unsafe pages, unsafe pages != MAP_FAILED else {
      fatalError("fedbroker: out of memory for secrets")
    }
    unsafe _ = mlock(pages, size)
    unsafe _ = madvise(pages, size, MADV_DONTDUMP)
    unsafe _ = madvise(pages, size, MADV_WIPEONFORK)
    return unsafe pages
  }
}
