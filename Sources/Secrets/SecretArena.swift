internal import CCrypto
internal import Glibc
internal import Synchronization

/// Hands out the memory that holds secrets: kept out of swap and core files where the kernel allows it, wiped
/// before a block is used again.
///
/// Blocks come from pages that are locked one chunk at a time, so that the locked size follows the secrets held rather
/// than the process (`mlockall` would pin the whole of it). Their sizes are four to each power of two, which leaves at
/// most a fifth of a block empty; blocks of all sizes share a chunk. `RLIMIT_MEMLOCK` is 64 KiB in many containers: a
/// chunk that cannot be locked is used all the same, and `SecretMemory` tells of it.
enum SecretArena {
  private static let chunkSize = 64 * 1024
  private static let smallestBlock = 64
  /// Larger ones get pages of their own.
  private static let largestBlock = 16 * 1024
  private static let classCount = sizeClass(of: largestBlock) + 1
  private static let freeBlocks = Mutex(FreeBlocks())

  /// The size of the blocks of each class.
  private static let classSizes: [Int] = {
    var sizes = [smallestBlock]
    while let last = sizes.last, last < largestBlock { sizes.append(blockSize(for: last + 1)) }
    return sizes
  }()

  /// Memory that holds no secret, as addresses, since a pointer may not cross into a `Mutex`.
  private struct FreeBlocks: Sendable {
    var bySizeClass = [[UInt]](repeating: [], count: SecretArena.classCount)
    /// What no block was cut from yet, of the chunk mapped last.
    var rest: Range<UInt> = 0..<0

    mutating func take(_ sizeClass: Int) -> UInt {
      if let address = bySizeClass[sizeClass].popLast() { return address }
      let size = SecretArena.classSizes[sizeClass]
      if rest.count < size { renewChunk() }
      defer { rest = rest.lowerBound + UInt(size)..<rest.upperBound }
      return rest.lowerBound
    }

    /// Cuts what is left into the largest blocks that fit, and maps another chunk.
    private mutating func renewChunk() {
      for (sizeClass, size) in SecretArena.classSizes.enumerated().reversed() where rest.count >= size {
        bySizeClass[sizeClass].append(rest.lowerBound)
        rest = rest.lowerBound + UInt(size)..<rest.upperBound
      }
      let chunk = unsafe UInt(bitPattern: SecretArena.mapPages(SecretArena.chunkSize))
      rest = chunk..<chunk + UInt(SecretArena.chunkSize)
    }
  }

  /// Zeroed memory of at least `byteCount` bytes.
  static func allocate(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let blockSize = blockSize(for: byteCount)
    guard blockSize <= largestBlock else {
      return unsafe UnsafeMutableRawBufferPointer(start: mapPages(blockSize), count: blockSize)
    }
    let sizeClass = sizeClass(of: blockSize)
    let address = freeBlocks.withLock { $0.take(sizeClass) }
    return unsafe UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: address), count: blockSize)
  }

  /// Wipes a block from `allocate` and makes it free again.
  static func wipeAndFree(_ block: UnsafeMutableRawBufferPointer) {
    unsafe OPENSSL_cleanse(block.baseAddress, block.count)
    guard block.count <= largestBlock else {
      unsafe munmap(block.baseAddress, block.count)
      return
    }
    let address = UInt(bitPattern: block.baseAddress)
    freeBlocks.withLock { $0.bySizeClass[sizeClass(of: block.count)].append(address) }
  }

  /// How large the block for so many bytes is.
  static func blockSize(for byteCount: Int) -> Int {
    guard byteCount > smallestBlock else { return smallestBlock }
    let step = byteCount <= largestBlock ? 1 << (exponent(of: byteCount) - 2) : pageSize
    return (byteCount + step - 1) / step * step
  }

  private static let pageSize = 4096

  /// Counts the block sizes from the smallest on.
  private static func sizeClass(of byteCount: Int) -> Int {
    guard byteCount > smallestBlock else { return 0 }
    let exponent = exponent(of: byteCount)
    return (exponent - Self.exponent(of: smallestBlock + 1)) * 4 + (byteCount - 1 - 1 << exponent) >> (exponent - 2) + 1
  }

  /// That of the largest power of two below `byteCount`.
  private static func exponent(of byteCount: Int) -> Int {
    Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount
  }

  private static func mapPages(_ size: Int) -> UnsafeMutableRawPointer {
    let pages = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages = unsafe pages, unsafe pages != MAP_FAILED else {
      fatalError("fedbroker: out of memory for secrets")
    }
    if unsafe mlock(pages, size) != 0 { SecretMemory.lockFailed(errno) }
    unsafe _ = madvise(pages, size, MADV_DONTDUMP)
    unsafe _ = madvise(pages, size, MADV_WIPEONFORK)
    return unsafe pages
  }
}
