/// Small numbers in the order of their last use: each step costs the same however many there are.
///
/// A doubly linked list that lies in one array, indexed by the numbers themselves.
struct UseList: Sendable {
  private struct Links: Sendable {
    var previous = UseList.none
    var next = UseList.none
    var isListed = false
  }

  private static let none: Int32 = -1

  private var links: [Links] = []
  private var head = none
  private var tail = none
  private(set) var count = 0

  /// The number not used for the longest.
  var first: Int? { head == Self.none ? nil : Int(head) }

  func contains(_ number: Int) -> Bool { number < links.count && links[number].isListed }

  /// Puts `number` at the end, as the one used last.
  mutating func use(_ number: Int) {
    if tail == Int32(number) { return }
    remove(number)
    while links.count <= number { links.append(Links()) }
    links[number] = Links(previous: tail, next: Self.none, isListed: true)
    if tail == Self.none { head = Int32(number) } else { links[Int(tail)].next = Int32(number) }
    tail = Int32(number)
    count += 1
  }

  /// Puts `number` at the end, if it is in.
  mutating func touch(_ number: Int) {
    if tail != Int32(number), contains(number) { use(number) }
  }

  /// Takes `number` out, if it is in.
  mutating func remove(_ number: Int) {
    guard contains(number) else { return }
    let link = links[number]
    if link.previous == Self.none { head = link.next } else { links[Int(link.previous)].next = link.next }
    if link.next == Self.none { tail = link.previous } else { links[Int(link.next)].previous = link.previous }
    links[number] = Links()
    count -= 1
  }
}
