internal import JSON

/// `--output table`: the sections of one table, which is as wide as its widest section.
struct Table {
  private var sections: [TableSection] = []

  /// Adds a value as a section; returns `false` if there is nothing to print.
  ///
  /// Without a title, its rows go to the current section.
  mutating func add(_ value: JSONValue, title: String?, level: Int = 0) throws(OutputError) -> Bool {
    guard value.isPrintedInTable else { return false }
    if let title { sections.append(TableSection(title: title, level: level)) }
    switch value {
    case .object(let object): try add(object, level: level)
    case .array(let elements) where elements.first?.isObject == true:
      try add(list: elements, title: title, level: level)
    case .array(let elements): for element in elements { try add(row: element) }
    default: break
    }
    return true
  }

  /// Adds an element of a list whose first element is not an object.
  private mutating func add(row element: JSONValue) throws(OutputError) {
    switch element {
    case .array(let cells) where !cells.allSatisfy(\.isScalar): _ = try add(element, title: nil)
    case .array(let cells): try sections.addRow(cells.map(\.pythonText))
    // The reference prints only the names of an object in such a list.
    case .object(let object): try sections.addRow(object.members.map(\.name))
    default: try sections.addRow([element.pythonText])
    }
  }

  private mutating func add(_ object: JSONObject, level: Int) throws(OutputError) {
    let headers = object.names { $0.isScalar }
    let cells = headers.map { object[$0]?.pythonText ?? "" }
    if headers.count == 1 {
      try sections.addRow(headers + cells)
    } else if !headers.isEmpty {
      try sections.addHeaders(headers)
      try sections.addRow(cells)
    }
    for name in object.names(where: { !$0.isScalar }) {
      _ = try add(object[name] ?? .null, title: name, level: level + 1)
    }
  }

  private mutating func add(list: [JSONValue], title: String?, level: Int) throws(OutputError) {
    var scalarNames: Set<String> = []
    var nestedNames: Set<String> = []
    for element in list {
      let object = try element.tableMembers()
      scalarNames.formUnion(object.names { $0.isScalar })
      nestedNames.formUnion(object.names { !$0.isScalar })
    }
    let headers = scalarNames.sortedByCodePoint()
    let nested = nestedNames.sortedByCodePoint()
    try sections.addHeaders(headers)
    for (index, element) in list.enumerated() {
      if index > 0, !nested.isEmpty {
        sections.append(TableSection(title: title, level: level))
        try sections.addHeaders(headers)
      }
      guard headers.isEmpty || element.isObject else {
        throw OutputError("'\(element.pythonTypeName)' object has no attribute 'get'")
      }
      try sections.addRow(headers.map { element[$0]?.pythonText ?? "" })
      for name in nested {
        if let value = element[name] { _ = try add(value, title: name, level: level + 1) }
      }
    }
  }

  mutating func render(to writer: inout TableWriter, terminalColumns: Int) {
    if width > terminalColumns { sections = sections.map(\.turnedUpright) }
    let width = width
    writer.write(String(repeating: "-", count: width) + "\n")
    for section in sections { section.render(to: &writer, tableWidth: width) }
  }

  private var width: Int {
    sections.map(\.width).max() ?? 0
  }
}

extension [TableSection] {
  // The current section is the last one.

  fileprivate mutating func addHeaders(_ headers: [String]) throws(OutputError) {
    if !isEmpty { try self[count - 1].addHeaders(headers) }
  }

  fileprivate mutating func addRow(_ cells: [String]) throws(OutputError) {
    if !isEmpty { try self[count - 1].addRow(cells) }
  }
}

extension JSONValue {
  /// Returns whether Python takes the value for true.
  fileprivate var isPrintedInTable: Bool {
    switch self {
    case .null: false
    case .boolean(let value): value
    case .number(let text): JSONNumber(text).double != 0
    case .string(let text): !text.isEmpty
    case .array(let elements): !elements.isEmpty
    case .object(let object): !object.members.isEmpty
    }
  }

  /// Returns the members of an element of a list of objects; throws, as the reference does, for another value.
  fileprivate func tableMembers() throws(OutputError) -> JSONObject {
    switch self {
    case .object(let object): return object
    case .string(""), .array([]): return [:]
    case .string: throw OutputError("string indices must be integers, not 'str'")
    case .array(let elements):
      throw OutputError("list indices must be integers or slices, not \(elements[0].pythonTypeName)")
    default: throw OutputError("'\(pythonTypeName)' object is not iterable")
    }
  }
}
