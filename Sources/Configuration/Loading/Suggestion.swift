/// Finds the name that was probably meant.
package enum Suggestion {
  /// Returns the candidate with the fewest edits, if they are few enough for a typing error.
  package static func closest(to name: String, among candidates: [String]) -> String? {
    // The comparison is quadratic, and no key is this long.
    guard name.utf8.count <= 100 else { return nil }
    let limit = max(1, min(3, name.utf8.count / 4))
    return
      candidates
      .filter { abs($0.utf8.count - name.utf8.count) <= limit }
      .map { (candidate: $0, edits: editDistance(Array(name.utf8), Array($0.utf8))) }
      .filter { $0.edits <= limit }
      .min { $0.edits < $1.edits }?.candidate
  }

  /// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for (row, leftByte) in left.enumerated() {
      var current = [row + 1]
      for (column, rightByte) in right.enumerated() {
        let substitution = previous[column] + (leftByte == rightByte ? 0 : 1)
        var edits = min(substitution, previous[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, leftByte == right[column - 1], left[row - 1] == rightByte {
          edits = min(edits, beforePrevious[column - 1] + 1)
        }
        current.append(edits)
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous[right.count]
  }
}
