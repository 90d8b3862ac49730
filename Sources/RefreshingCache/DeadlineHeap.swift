internal import Clocks

/// Small numbers by their deadlines: the earliest is at hand, and each change costs O(log n).
///
/// A binary heap that knows where each number stands. swift-collections' `Heap` does not, so that what was removed or
/// moved would stay in it until its old deadline.
struct DeadlineHeap: Sendable {
  private struct Item: Sendable {
    let deadline: Milliseconds
    let number: Int
  }

  private var items: [Item] = []
  /// By number; -1 for those that have no deadline.
  private var positions: [Int] = []

  /// The number with the earliest deadline.
  var first: (deadline: Milliseconds, number: Int)? { items.first.map { ($0.deadline, $0.number) } }

  /// Gives `number` another deadline; `.max` takes it out.
  mutating func set(_ deadline: Milliseconds, for number: Int) {
    while positions.count <= number { positions.append(-1) }
    let position = positions[number]
    switch (position, deadline) {
    case (-1, .max): return
    case (-1, _):
      items.append(Item(deadline: deadline, number: number))
      rise(from: items.count - 1)
    case (_, .max):
      positions[number] = -1
      let last = items.removeLast()
      guard position < items.count else { return }
      place(last, at: position)
      sink(from: rise(from: position))
    default:
      guard items[position].deadline != deadline else { return }
      items[position] = Item(deadline: deadline, number: number)
      sink(from: rise(from: position))
    }
  }

  @discardableResult
  private mutating func rise(from start: Int) -> Int {
    let item = items[start]
    var position = start
    while position > 0, case let parent = (position - 1) / 2, item.deadline < items[parent].deadline {
      place(items[parent], at: position)
      position = parent
    }
    place(item, at: position)
    return position
  }

  private mutating func sink(from start: Int) {
    let item = items[start]
    var position = start
    while true {
      var child = 2 * position + 1
      guard child < items.count else { break }
      if child + 1 < items.count, items[child + 1].deadline < items[child].deadline { child += 1 }
      guard items[child].deadline < item.deadline else { break }
      place(items[child], at: position)
      position = child
    }
    place(item, at: position)
  }

  private mutating func place(_ item: Item, at position: Int) {
    items[position] = item
    positions[item.number] = position
  }
}
