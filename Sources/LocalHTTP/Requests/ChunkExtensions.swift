/// Checks the extensions of one chunk, which nothing here uses, byte by byte (RFC 9112 §7.1.1).
///
/// The grammar, where `BWS` is white space that senders must not send and readers must accept:
///
///     chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
///
/// Readers that skip extensions without checking them disagree on where the chunk's data begins, which is how requests
/// are smuggled.
struct ChunkExtensions: Sendable {
  private enum State {
    /// After white space that only a semicolon may follow.
    case beforeSemicolon
    case beforeName
    case name
    /// After white space that only a semicolon or an equals sign may follow.
    case afterName
    case beforeValue
    case value
    case quoted
    case escape
    case quoteEnd
  }

  private var state: State

  /// Starts after `first`, the byte that ends the chunk size; `nil` where that is neither a semicolon nor white space.
  init?(after first: UInt8) {
    switch first {
    case UInt8(ascii: ";"): state = .beforeName
    case _ where first.isWhitespace: state = .beforeSemicolon
    default: return nil
    }
  }

  /// Takes the next byte; returns whether it is the carriage return after the last extension.
  mutating func take(_ byte: UInt8) throws(Refusal) -> Bool {
    guard let next = next(byte) else {
      guard byte == .carriageReturn, isComplete else { throw .malformed("a chunk extension is not valid") }
      return true
    }
    state = next
    return false
  }

  /// Whether the extensions may end here: after a name or a value, and not after white space.
  private var isComplete: Bool {
    switch state {
    case .name, .value, .quoteEnd: true
    case .beforeSemicolon, .beforeName, .afterName, .beforeValue, .quoted, .escape: false
    }
  }

  /// Returns the state after `byte`; `nil` where the grammar has no such byte.
  private func next(_ byte: UInt8) -> State? {
    let isToken = ByteSet.token.contains(byte)
    switch state {
    case .beforeSemicolon: return byte.isWhitespace ? .beforeSemicolon : separator(byte)
    case .beforeName: return byte.isWhitespace ? .beforeName : isToken ? .name : nil
    case .name: return isToken ? .name : byte.isWhitespace ? .afterName : separator(byte) ?? equals(byte)
    case .afterName: return byte.isWhitespace ? .afterName : separator(byte) ?? equals(byte)
    case .beforeValue:
      if byte.isWhitespace { return .beforeValue }
      return isToken ? .value : byte == UInt8(ascii: "\"") ? .quoted : nil
    case .value: return isToken ? .value : byte.isWhitespace ? .beforeSemicolon : separator(byte)
    case .quoteEnd: return byte.isWhitespace ? .beforeSemicolon : separator(byte)
    case .quoted:
      // RFC 9110 §5.6.4: what `qdtext` and the byte of a `quoted-pair` allow is what a field value allows.
      guard byte.isFieldValueCharacter else { return nil }
      return byte == UInt8(ascii: "\"") ? .quoteEnd : byte == UInt8(ascii: "\\") ? .escape : .quoted
    case .escape: return byte.isFieldValueCharacter ? .quoted : nil
    }
  }

  private func separator(_ byte: UInt8) -> State? { byte == UInt8(ascii: ";") ? .beforeName : nil }
  private func equals(_ byte: UInt8) -> State? { byte == UInt8(ascii: "=") ? .beforeValue : nil }
}
