import Testing

@testable import Secrets

struct SecretArenaTests {
  @Test("A block is large enough and at most a fifth empty")
  func sizes() {
    let wrong = (0...70_000).filter { count in
      let size = SecretArena.blockSize(for: count)
      return size < count || (size > 64 && (size - count) * 5 > size)
    }
    #expect(wrong == [])
  }

  @Test("A block is as large as it says, empty, and no other's", arguments: [1, 64, 65, 100, 1700, 16_384, 16_385])
  func blocks(count: Int) {
    // More than a chunk holds.
    let blocks = (0..<1100).map { _ in SecretArena.allocate(byteCount: count) }
    for (number, block) in blocks.enumerated() {
      #expect(block.count == SecretArena.blockSize(for: count))
      #expect(block.allSatisfy { $0 == 0 })
      for index in block.indices { block[index] = UInt8(truncatingIfNeeded: number % 255 + 1) }
    }
    for (number, block) in blocks.enumerated() {
      #expect(block.allSatisfy { $0 == UInt8(truncatingIfNeeded: number % 255 + 1) })
      SecretArena.wipeAndFree(block)
    }
  }

  @Test("Blocks of all sizes share memory, and none overlaps another")
  func mixedSizes() {
    for _ in 0..<3 {
      let blocks = (0..<4000).map { SecretArena.allocate(byteCount: ($0 * 7919) % 16_500 + 1) }
      for (number, block) in blocks.enumerated() {
        #expect(UInt(bitPattern: block.baseAddress) % 16 == 0)
        #expect(block.allSatisfy { $0 == 0 })
        for index in block.indices { block[index] = UInt8(truncatingIfNeeded: number % 251 + 1) }
      }
      for (number, block) in blocks.enumerated() {
        #expect(block.allSatisfy { $0 == UInt8(truncatingIfNeeded: number % 251 + 1) })
        SecretArena.wipeAndFree(block)
      }
    }
  }

  @Test("A secret keeps no more room than it needs")
  func shrinking() {
    let secret = Secret(capacity: 4096) { $0.append("abc") }
    #expect(secret.exposed == "abc")
    #expect(secret.withUnsafeBytes { $0.count } == 3)
    var builder = SecretBuilder(capacity: 4096)
    builder.append("abc")
    #expect(builder.take().block.count == 64)
  }
}
