internal import Glibc

/// The classes of bytes that the parsers use (RFC 9110 §5.5, §5.6.3).
extension UInt8 {
  static let carriageReturn: UInt8 = 0x0D
  static let lineFeed: UInt8 = 0x0A
  static let space: UInt8 = 0x20

  /// A byte of a field value: visible, `obs-text`, space or tab.
  var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }

  /// Optional white space: space or tab.
  var isWhitespace: Bool { self == 0x20 || self == 0x09 }

  /// An ASCII letter in lower case; any other byte as it is.
  var lowercased: UInt8 {
    self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
  }
}

extension UInt64 {
  /// Whether one of the eight bytes is below 0x20 or is 0x7F: a byte borrows in these subtractions, and only then, if it
  /// is smaller, and a byte that had its highest bit set does not count.
  fileprivate var hasControlByte: Bool {
    let isDelete = self ^ 0x7F7F_7F7F_7F7F_7F7F
    let borrows = (self &- 0x2020_2020_2020_2020) & ~self | (isDelete &- 0x0101_0101_0101_0101) & ~isDelete
    return borrows & 0x8080_8080_8080_8080 != 0
  }
}

extension Span<UInt8> {
  /// Whether the bytes are `word`.
  func equals(_ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && starts(with: word)
  }

  /// Whether the bytes are `word`, which is in lower case, whatever their letter case.
  func equalsIgnoringCase(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    return unsafe withUnsafeBytes { bytes in
      for index in 0..<bytes.count where unsafe bytes[index].lowercased != word.utf8Start[index] { return false }
      return true
    }
  }

  /// Returns whether the bytes begin with `word`.
  package func starts(with word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard count >= length else { return false }
    return unsafe withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return true }
      return unsafe memcmp(start, word.utf8Start, length) == 0
    }
  }

  /// Whether `word`, which is not empty, is among the bytes.
  func contains(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard count >= length else { return false }
    return unsafe withUnsafeBytes { bytes in
      for start in 0...(bytes.count - length) {
        var matched = 0
        while matched < length, unsafe bytes[start + matched] == word.utf8Start[matched] { matched += 1 }
        if matched == length { return true }
      }
      return false
    }
  }

  /// Returns whether the bytes of both are the same, whatever their letter case.
  func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index].lowercased != other[index].lowercased { return false }
    return true
  }

  /// Returns whether `other` is at `start`.
  func holds(_ other: Span<UInt8>, at start: Int) -> Bool {
    guard count - start >= other.count else { return false }
    return unsafe extracting(start..<(start + other.count)).withUnsafeBytes { bytes in
      unsafe other.withUnsafeBytes { other in
        guard let first = bytes.baseAddress, let second = other.baseAddress else { return true }
        return unsafe memcmp(first, second, other.count) == 0
      }
    }
  }

  func consists(of allowed: ByteSet) -> Bool {
    unsafe withUnsafeBytes { bytes in
      for index in 0..<bytes.count where !allowed.contains(unsafe bytes[index]) { return false }
      return true
    }
  }

  /// Whether all bytes of `range` are ones that a field value may have.
  func isFieldValue(_ range: Range<Int>) -> Bool {
    unsafe extracting(range).withUnsafeBytes { bytes in
      var index = 0
      while index < bytes.count {
        if index + 8 <= bytes.count {
          let eight = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          if !eight.hasControlByte {
            index += 8
            continue
          }
        }
        guard unsafe bytes[index].isFieldValueCharacter else { return false }
        index += 1
      }
      return true
    }
  }

  /// The part of `range` without white space at its ends.
  func trimming(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, self[start].isWhitespace { start += 1 }
    while start < end, self[end - 1].isWhitespace { end -= 1 }
    return start..<end
  }

  /// Calls `body` with each element of a comma-separated list (RFC 9110 §5.6.1), trimmed; empty ones are left out.
  ///
  /// Takes the elements, the empty ones too, from `left`, and returns `false` where they are more.
  func forEachListElement(
    in range: Range<Int>, from left: inout Int, _ body: (Range<Int>) -> Void
  ) -> Bool {
    var start = range.lowerBound
    while start <= range.upperBound {
      guard left > 0 else { return false }
      left -= 1
      let end = firstIndex(of: UInt8(ascii: ","), in: start..<range.upperBound) ?? range.upperBound
      let element = trimming(start..<end)
      if !element.isEmpty { body(element) }
      start = end + 1
    }
    return true
  }

  func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    unsafe extracting(range).withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress,
        let found = unsafe memchr(start, Int32(byte), bytes.count)
      else { return nil }
      return unsafe range.lowerBound + (UnsafeRawPointer(found) - start)
    }
  }

  var text: String {
    unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
