/// Collects the bytes of a `Secret` in the memory that will hold it.
@safe package struct SecretBuilder: ~Copyable {
  private var block: UnsafeMutableRawBufferPointer
  package private(set) var count = 0

  package init(capacity: Int) {
    unsafe block = SecretArena.allocate(byteCount: capacity)
  }

  deinit {
    unsafe SecretArena.wipeAndFree(block)
  }

  package mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe block[count] = byte
    count += 1
  }

  package mutating func append(contentsOf bytes: some Collection<UInt8>) {
    reserve(bytes.count)
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: block[count...]).assumingMemoryBound(to: UInt8.self)
    count += unsafe room.update(fromContentsOf: bytes)
  }

  package mutating func append(contentsOf bytes: Span<UInt8>) {
    reserve(bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      unsafe UnsafeMutableRawBufferPointer(rebasing: block[count...]).copyMemory(from: source)
    }
    count += bytes.count
  }

  package mutating func append(_ text: String) {
    append(contentsOf: text.utf8)
  }

  package mutating func append(_ secret: Secret) {
    secret.withBytes { append(contentsOf: $0) }
  }

  /// Lends `capacity` more bytes to `body`, which says how many it wrote.
  package mutating func append<Failure: Error>(
    capacity: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    reserve(capacity)
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: block[count..<(count + capacity)])
    count += try unsafe body(room)
  }

  private mutating func reserve(_ byteCount: Int) {
    guard unsafe count + byteCount > block.count else { return }
    move(toCapacity: unsafe max(count + byteCount, block.count * 2))
  }

  /// Gives back the room that was not needed: a secret may be kept for long.
  private mutating func shrink() {
    if unsafe SecretArena.blockSize(for: count) < block.count { move(toCapacity: count) }
  }

  private mutating func move(toCapacity capacity: Int) {
    let other = unsafe SecretArena.allocate(byteCount: capacity)
    unsafe other.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<count]))
    unsafe SecretArena.wipeAndFree(block)
    unsafe block = other
  }

  consuming func take() -> Secret.Storage {
    shrink()
    let storage = unsafe Secret.Storage(block: block, count: count)
    discard self
    return storage
  }
}
