import Testing

@testable import RefreshingCache

/// The structures beside the entries, compared with what is obviously right.
struct StructureTests {
  @Test(arguments: 0..<20)
  func `The heap's first number is the one with the earliest deadline, whatever is set, moved or removed`(seed: Int) {
    var generator = SystemRandomNumberGenerator()
    var heap = DeadlineHeap()
    var model: [Int: Int64] = [:]
    for _ in 0..<2000 {
      let number = Int.random(in: 0..<50, using: &generator)
      let deadline = Bool.random() ? Int64.max : Int64.random(in: -20...20)
      heap.set(deadline, for: number)
      model[number] = deadline == .max ? nil : deadline
      #expect(heap.first?.deadline == model.values.min())
      if let first = heap.first { #expect(model[first.number] == first.deadline) }
    }
    var order: [Int64] = []
    while let first = heap.first {
      order.append(first.deadline)
      heap.set(.max, for: first.number)
    }
    #expect(order == model.values.sorted())
  }

  @Test(arguments: 0..<20)
  func `The list's first number is the one not used for the longest`(seed: Int) {
    var list = UseList()
    var model: [Int] = []
    for _ in 0..<2000 {
      let number = Int.random(in: 0..<30)
      switch Int.random(in: 0..<3) {
      case 0:
        list.use(number)
        model.removeAll { $0 == number }
        model.append(number)
      case 1:
        list.touch(number)
        if model.contains(number) {
          model.removeAll { $0 == number }
          model.append(number)
        }
      default:
        list.remove(number)
        model.removeAll { $0 == number }
      }
      #expect(list.first == model.first)
      #expect(list.count == model.count)
      #expect(list.contains(number) == model.contains(number))
    }
    while let first = list.first {
      #expect(first == model.removeFirst())
      list.remove(first)
    }
    #expect(model.isEmpty)
  }

  @Test func `Values not used for the longest make room for others`() {
    var values = RecentValues<String, Int>(capacity: 2)
    values["a"] = 1
    values["b"] = 2
    #expect(values["a"] == 1)
    values["c"] = 3
    #expect(values["b"] == nil)
    #expect(values["a"] == 1)
    values["a"] = nil
    values["d"] = 4
    #expect(values["c"] == 3)
    #expect(values["d"] == 4)
  }
}
