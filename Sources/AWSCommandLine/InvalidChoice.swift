internal import JSON

/// The AWS CLI's message for a value that is not one of an option's choices.
enum InvalidChoice {
  private static let choicesPerLine = 2
  private static let columnWidth = 40

  static func message(_ value: String, choices: [String]) -> String {
    var lines = ["Invalid choice, valid choices are:\n"]
    for start in stride(from: 0, to: choices.count, by: choicesPerLine) {
      lines.append(choices[start...].prefix(choicesPerLine).map(padded).joined(separator: " | "))
    }
    let similar = choices.map { (choice: $0, similarity: similarity(value, $0)) }.filter { $0.similarity >= 0.8 }
    if !similar.isEmpty {
      lines.append("\n\nInvalid choice: \(JSONValue.string(value).pythonRepresentation), maybe you meant:\n")
      lines += similar.sorted { $0.similarity > $1.similarity }.prefix(3).map { "  * \($0.choice)" }
    }
    return lines.joined(separator: "\n")
  }

  private static func padded(_ choice: String) -> String {
    choice + String(repeating: " ", count: max(0, columnWidth - choice.count))
  }

  /// Returns the ratio of Python's `difflib.SequenceMatcher`: twice the characters in common blocks, over all characters.
  private static func similarity(_ left: String, _ right: String) -> Double {
    let total = left.unicodeScalars.count + right.unicodeScalars.count
    let common = commonLength(Array(left.unicodeScalars)[...], Array(right.unicodeScalars)[...])
    return total == 0 ? 1 : 2 * Double(common) / Double(total)
  }

  /// Returns the length of the longest common block plus that of the common blocks on each side of it.
  private static func commonLength(_ left: ArraySlice<Unicode.Scalar>, _ right: ArraySlice<Unicode.Scalar>) -> Int {
    var longest = (left: left.startIndex, right: right.startIndex, length: 0)
    for start in left.indices {
      for other in right.indices {
        let length = zip(left[start...], right[other...]).prefix { $0 == $1 }.count
        if length > longest.length { longest = (start, other, length) }
      }
    }
    guard longest.length > 0 else { return 0 }
    return longest.length + commonLength(left[..<longest.left], right[..<longest.right])
      + commonLength(left[(longest.left + longest.length)...], right[(longest.right + longest.length)...])
  }
}
