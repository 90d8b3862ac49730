internal import CCrypto

/// Bytes that must not be seen: a token, a key, a signed-in address.
///
/// Printing, interpolating or dumping one shows `<secret>`. The bytes lie in memory that is locked where the kernel
/// allows it and is wiped when the last copy of the value goes. Reading them takes `withBytes` or `exposed`, so that
/// each place where a secret comes out can be found by name. Immutable, hence safe to share between threads.
package struct Secret: Sendable {
  private let storage: Storage

  /// Copies `bytes`.
  ///
  /// The caller's own copy is not wiped.
  package init(_ bytes: some Collection<UInt8>) {
    self.init(capacity: bytes.count) { $0.append(contentsOf: bytes) }
  }

  /// Copies the UTF-8 of `text`.
  ///
  /// The caller's own copy is not wiped.
  package init(_ text: String) {
    self.init(text.utf8)
  }

  /// Builds a secret in place, so that no other copy of it is made.
  ///
  /// The builder grows beyond `capacity` when it must; what it leaves behind is wiped.
  package init<Failure: Error>(
    capacity: Int, _ build: (inout SecretBuilder) throws(Failure) -> Void
  ) throws(Failure) {
    var builder = SecretBuilder(capacity: capacity)
    try build(&builder)
    storage = builder.take()
  }

  /// Takes over what a builder collected, for bytes that arrive in pieces.
  package init(_ builder: consuming SecretBuilder) {
    storage = builder.take()
  }

  /// The number of bytes.
  package var count: Int { storage.count }

  package var isEmpty: Bool { count == 0 }

  /// Whether the bytes are text in UTF-8.
  package var isUTF8: Bool {
    withBytes { bytes in
      do {
        _ = try UTF8Span(validating: bytes)
        return true
      } catch {
        return false
      }
    }
  }

  /// Lends the bytes to `body`, which must not keep them.
  package func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(storage.buffer.span)
  }

  /// The bytes as text, in memory that nothing wipes: for values that must leave the process as a `String`.
  package var exposed: String {
    unsafe String(decoding: storage.buffer, as: UTF8.self)
  }

  /// Lends the memory itself, for C.
  ///
  /// It stays valid for as long as `body` runs.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(storage.buffer))
  }

  /// Whether both hold the same bytes, in a time that depends on their lengths only.
  package func constantTimeEquals(_ other: Span<UInt8>) -> Bool {
    guard other.count == count else { return false }
    return unsafe other.withUnsafeBytes { unsafe CRYPTO_memcmp($0.baseAddress, storage.block.baseAddress, count) == 0 }
  }
}

extension Secret: Equatable {
  package static func == (left: Secret, right: Secret) -> Bool {
    right.withBytes { left.constantTimeEquals($0) }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "<secret>" }
  package var debugDescription: String { "<secret>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
  /// One block of the arena.
  ///
  /// `@unchecked Sendable`: the block is written by `SecretBuilder` alone, before any `Secret` refers to it, and only
  /// read afterwards until `deinit`, which runs when no reference is left.
  @safe final class Storage: @unchecked Sendable {
    let block: UnsafeMutableRawBufferPointer
    let count: Int

    init(block: UnsafeMutableRawBufferPointer, count: Int) {
      unsafe self.block = unsafe block
      self.count = count
    }

    deinit {
      unsafe SecretArena.wipeAndFree(block)
    }

    var buffer: UnsafeBufferPointer<UInt8> {
      unsafe UnsafeRawBufferPointer(rebasing: block[..<count]).assumingMemoryBound(to: UInt8.self)
    }
  }
}
