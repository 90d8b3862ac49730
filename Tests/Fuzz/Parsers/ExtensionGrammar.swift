/// The grammar of chunk extensions (RFC 9112 §7.1.1), read off the RFC rule by rule.
///
/// `ChunkExtensions` must accept exactly the same:
///
///     chunk-ext     = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
///     chunk-ext-val = token / quoted-string
struct ExtensionGrammar {
  private var rest: ArraySlice<UInt8>

  /// Returns whether the whole of `line`, which follows a chunk size, is a `chunk-ext`.
  static func matches(_ line: ArraySlice<UInt8>) -> Bool {
    var grammar = ExtensionGrammar(rest: line)
    while grammar.takeExtension() {}
    return grammar.rest.isEmpty
  }

  private mutating func takeExtension() -> Bool {
    attempt { grammar in
      grammar.skipWhitespace()
      guard grammar.take(";") else { return false }
      grammar.skipWhitespace()
      guard grammar.takeToken() else { return false }
      _ = grammar.attempt { grammar in
        grammar.skipWhitespace()
        guard grammar.take("=") else { return false }
        grammar.skipWhitespace()
        return grammar.takeToken() || grammar.takeQuotedString()
      }
      return true
    }
  }

  private mutating func takeQuotedString() -> Bool {
    attempt { grammar in
      guard grammar.take("\"") else { return false }
      while true {
        if grammar.take("\\") {
          guard grammar.take(where: isText) else { return false }
        } else if grammar.take("\"") {
          return true
        } else if !grammar.take(where: isText) {
          return false
        }
      }
    }
  }

  private mutating func takeToken() -> Bool {
    guard take(where: isTokenCharacter) else { return false }
    while take(where: isTokenCharacter) {}
    return true
  }

  private mutating func skipWhitespace() {
    while take(" ") || take("\t") {}
  }

  private mutating func take(_ character: Character) -> Bool {
    take { Character(UnicodeScalar($0)) == character }
  }

  private mutating func take(where condition: (UInt8) -> Bool) -> Bool {
    guard let first = rest.first, condition(first) else { return false }
    rest.removeFirst()
    return true
  }

  /// Runs `body`, and takes back what it took where it returns `false`.
  private mutating func attempt(_ body: (inout ExtensionGrammar) -> Bool) -> Bool {
    var copy = self
    guard body(&copy) else { return false }
    self = copy
    return true
  }
}

/// HTAB, SP, VCHAR or obs-text.
private func isText(_ byte: UInt8) -> Bool {
  byte == 9 || 0x20...0x7E ~= byte || byte >= 0x80
}

private func isTokenCharacter(_ byte: UInt8) -> Bool {
  let character = Character(UnicodeScalar(byte))
  return byte < 0x80 && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
}
