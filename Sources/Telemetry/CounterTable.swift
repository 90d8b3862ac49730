internal import CLinux
internal import Synchronization

/// Numbers that many threads add to at once for a few nanoseconds each.
///
/// Each thread has a row of its own, so that no two write to one cache line; a reader adds the rows up.
///
/// `@unchecked Sendable`: the cells are atomic, and live as long as the table.
@safe final class CounterTable: @unchecked Sendable {
  /// A power of two; threads beyond it share rows, which is slower and still right.
  private static let rows = 8
  private static let cellsPerCacheLine = 8

  private let stride: Int
  private let cells: UnsafeMutablePointer<Atomic<Int>>

  /// Makes `count` numbers, all 0.
  init(count: Int) {
    stride = (count + Self.cellsPerCacheLine - 1) / Self.cellsPerCacheLine * Self.cellsPerCacheLine
    let size = Self.rows * stride * MemoryLayout<Atomic<Int>>.stride
    unsafe cells = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      .bindMemory(to: Atomic<Int>.self, capacity: Self.rows * stride)
    for index in 0..<(Self.rows * stride) { unsafe (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    unsafe cells.deinitialize(count: Self.rows * stride)
    unsafe cells.deallocate()
  }

  /// - Parameter index: less than `count`.
  func add(_ amount: Int, at index: Int) {
    precondition(0..<stride ~= index)
    let row = Int(fedbroker_thread_number()) & (Self.rows - 1)
    unsafe (cells + row * stride + index).pointee.wrappingAdd(amount, ordering: .relaxed)
  }

  func value(at index: Int) -> Int {
    precondition(0..<stride ~= index)
    return (0..<Self.rows).reduce(0) { unsafe $0 &+ (cells + $1 * stride + index).pointee.load(ordering: .relaxed) }
  }
}
