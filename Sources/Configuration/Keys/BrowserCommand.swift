internal import System

/// The command that opens a page: words, of which `%u` stands for the page's address.
///
/// No shell reads it. A word with spaces stands in double quotes; `%%` is a percent sign. Without `%u` the address is the
/// last word.
package struct BrowserCommand: Sendable, Hashable {
  /// As it was written.
  package let text: String
  private let words: [String]

  /// `nil` where a quote or a `%` has no meaning, or there is no program.
  package init?(_ text: String) {
    guard let words = Self.words(of: text), let program = words.first, !program.isEmpty, !program.contains("%"),
      words.allSatisfy({ Self.expanded($0, "") != nil })
    else { return nil }
    self.text = text
    self.words = words
  }

  /// Returns the program and its arguments.
  package func arguments(opening address: String) -> [String] {
    let expanded = words.compactMap { Self.expanded($0, address) }
    return words.contains { Self.expanded($0, "a") != Self.expanded($0, "b") } ? expanded : expanded + [address]
  }

  private static func words(of text: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    for character in text {
      switch character {
      case "\"":
        isQuoted.toggle()
        word = word ?? ""
      case " " where !isQuoted:
        if let finished = word { words.append(finished) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return isQuoted ? nil : words
  }

  /// Returns a word with the address in it; `nil` where a `%` has no meaning.
  private static func expanded(_ word: String, _ address: String) -> String? {
    var expanded = ""
    var isCode = false
    for character in word {
      switch (isCode, character) {
      case (false, "%"): isCode = true
      case (false, _): expanded.append(character)
      case (true, "u"), (true, "%"):
        expanded += character == "u" ? address : "%"
        isCode = false
      default: return nil
      }
    }
    return isCode ? nil : expanded
  }
}

extension ValueForm where Value == BrowserCommand {
  static var browserCommand: Self {
    Self(
      expecting: "a command such as firefox -P connect %u",
      acceptText: { text in text.utf8.count <= 4095 && text.printable == text ? BrowserCommand(text) : nil },
      renderText: \.text)
  }
}
