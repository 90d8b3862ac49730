/// A part of a table, with a title and columns of its own.
struct TableSection {
  /// `nil` for the second section of a list that stands in the section of another.
  private let title: String?
  /// The nesting depth of the value, which is the number of bars at each side.
  private let level: Int
  private var headers: [String] = []
  private var rows: [[String]] = []
  private var columnCount: Int?
  /// The widest cell of each column.
  private var cellWidths: [Int] = []

  init(title: String?, level: Int) {
    self.title = title
    self.level = level
  }

  mutating func addHeaders(_ headers: [String]) throws(OutputError) {
    try widen(for: headers)
    columnCount = columnCount ?? headers.count
    self.headers = headers
  }

  mutating func addRow(_ cells: [String]) throws(OutputError) {
    let expected = columnCount ?? cells.count
    columnCount = expected
    guard cells.count == expected else {
      throw OutputError("Row should have \(expected) elements, instead it has \(cells.count)")
    }
    rows.append(cells)
    try widen(for: cells)
  }

  private mutating func widen(for cells: [String]) throws(OutputError) {
    let widths = cells.map(EastAsianWidth.columns)
    if cellWidths.isEmpty {
      cellWidths = widths
    } else {
      guard widths.count <= cellWidths.count else { throw OutputError("list index out of range") }
      for (column, width) in widths.enumerated() { cellWidths[column] = max(cellWidths[column], width) }
    }
  }

  /// Returns the section with a line for each header and its cell, if it has a single row.
  var turnedUpright: TableSection {
    guard rows.count == 1, !headers.isEmpty else { return self }
    var section = TableSection(title: title, level: level)
    section.rows = zip(headers, rows[0]).map { [$0, $1] }
    section.columnCount = 2
    section.cellWidths = (0...1).map { column in section.rows.map { EastAsianWidth.columns(of: $0[column]) }.max() ?? 0
    }
    return section
  }

  /// The number of columns that the section needs, including its bars.
  var width: Int {
    let cells = cellWidths.reduce(0) { $0 + $1 + Self.cellPadding }
    // The reference uses the width of `None` for a missing title.
    return max(EastAsianWidth.columns(of: title ?? "None"), cells) + 2 + 2 * level
  }

  private static let cellPadding = 4

  /// Returns the width of each column, including its bar, scaled so that the sum is `width`.
  private func columnWidths(_ width: Int) -> [Int] {
    let unscaled = cellWidths.map { $0 + Self.cellPadding }
    let scale = Double(width) / Double(unscaled.reduce(0, +))
    var widths = unscaled.map { Int((scale * Double($0)).rounded(.toNearestOrEven)) }
    var excess = widths.reduce(0, +) - width
    while excess != 0, !widths.isEmpty {
      // If the sum is too large, the first columns lose one; if it is too small, the last ones gain one.
      for column in excess > 0 ? Array(widths.indices) : widths.indices.reversed() where excess != 0 {
        widths[column] -= excess.signum()
        excess -= excess.signum()
      }
    }
    return widths
  }

  func render(to writer: inout TableWriter, tableWidth: Int) {
    let width = tableWidth - 2 * level
    let widths = columnWidths(width)
    if let title, !title.isEmpty {
      writer.writeLine(centered(title, width, leftEdge: "|"), level: level)
      if headers.isEmpty && rows.isEmpty { writer.writeLine("+\(dashes(width - 2))+", level: level) }
    }
    if !headers.isEmpty {
      writer.writeLine(rule(widths), level: level)
      writer.writeLine(
        zip(widths, headers).enumerated().map { column, cell in
          centered(cell.1, cell.0, leftEdge: column == 0 ? "|" : "")
        }.joined(), level: level)
    }
    guard !rows.isEmpty, !widths.isEmpty else { return }
    writer.writeLine(rule(widths), level: level)
    for row in rows {
      writer.writeLine(
        zip(widths, row).enumerated().map { column, cell in
          leftAligned(cell.1, cell.0, leftEdge: column == 0 ? "|" : "", style: writer.cellStyle)
        }.joined(), level: level)
    }
    writer.writeLine(rule(widths), level: level)
  }

  private func centered(_ text: String, _ width: Int, leftEdge: String) -> String {
    let length = EastAsianWidth.columns(of: text)
    let left = width / 2 - length / 2 - 1
    return leftEdge + spaces(left) + text + spaces(width - 1 - leftEdge.utf8.count - left - length) + "|"
  }

  private func leftAligned(
    _ text: String, _ width: Int, leftEdge: String, style: (String) -> String
  ) -> String {
    let length = EastAsianWidth.columns(of: text)
    let left = width >= length + 3 + leftEdge.utf8.count ? 2 : 0
    return leftEdge + spaces(left) + style(text) + spaces(width - 1 - leftEdge.utf8.count - left - length) + "|"
  }

  private func rule(_ widths: [Int]) -> String {
    guard let first = widths.first else { return "" }
    return "+\(dashes(first - 2))+" + widths.dropFirst().map { "\(dashes($0 - 1))+" }.joined()
  }

  private func dashes(_ count: Int) -> String {
    String(repeating: "-", count: max(0, count))
  }

  private func spaces(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}
