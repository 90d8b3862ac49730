internal import CZlib
internal import Secrets

enum Gzip {
  private static let level: Int32 = 6

  /// The gzip form of `bytes` (RFC 1952), or `nil` where it would not be smaller.
  ///
  /// zlib's own window and tables, which held the bytes too, are ordinary memory that it frees unwiped.
  static func compress(_ bytes: Secret) -> Secret? {
    guard !bytes.isEmpty else { return nil }
    var isSmaller = false
    let compressed = Secret(capacity: bytes.count) { builder in
      unsafe builder.append(capacity: bytes.count) { output in
        let count = unsafe bytes.withUnsafeBytes { unsafe deflate($0, into: output) }
        isSmaller = count != nil
        return count ?? 0
      }
    }
    return isSmaller ? compressed : nil
  }

  /// Returns how many bytes of `output` it filled; `nil` when they do not suffice.
  private static func deflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    var stream = unsafe z_stream()
    guard unsafe fedbroker_deflateInitGzip(&stream, level) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    // zlib only reads what `next_in` points to; its declaration predates `const`.
    unsafe stream.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
    unsafe stream.avail_in = UInt32(input.count)
    unsafe stream.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe stream.avail_out = UInt32(output.count)
    guard unsafe CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return unsafe Int(stream.total_out)
  }
}
