/// Values by key, of which those not used for the longest make room for others.
///
/// Each step costs the same however many there are.
public struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let capacity: Int
  private var numbers: [Key: Int] = [:]
  private var slots: [(key: Key, value: Value)?] = []
  private var free: [Int] = []
  private var uses = UseList()

  /// - Parameter capacity: How many values are held at most; 1 or more.
  public init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// The value for `key`; reading or setting one counts as its use.
  public subscript(key: Key) -> Value? {
    mutating get {
      guard let number = numbers[key] else { return nil }
      uses.use(number)
      return slots[number]?.value
    }
    set {
      guard let newValue else {
        if let number = numbers[key] { remove(number) }
        return
      }
      let number = numbers[key] ?? room()
      numbers[key] = number
      slots[number] = (key, newValue)
      uses.use(number)
    }
  }

  /// A free number, made free if need be.
  private mutating func room() -> Int {
    if numbers.count >= capacity, let oldest = uses.first { remove(oldest) }
    if let number = free.popLast() { return number }
    slots.append(nil)
    return slots.count - 1
  }

  private mutating func remove(_ number: Int) {
    if let key = slots[number]?.key { numbers[key] = nil }
    slots[number] = nil
    uses.remove(number)
    free.append(number)
  }
}
