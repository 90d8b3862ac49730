internal import JSON

/// `--output text`: a line of tab-separated scalars for each object or list, after the name of the member that holds it.
///
/// Nested values follow in their own lines.
enum TextOutput {
  static func write(_ value: JSONValue, to output: inout [UInt8]) throws(OutputError) {
    try write(value, label: nil, columns: nil, to: &output)
  }

  /// `columns` are the members that all objects of a list print; `nil` for an object that is not in a list.
  private static func write(
    _ value: JSONValue, label: String?, columns: [String]?, to output: inout [UInt8]
  ) throws(OutputError) {
    switch value {
    case .object(let object): try write(object, label: label, columns: columns, to: &output)
    case .array(let elements): try write(elements, label: label, to: &output)
    default: writeLine([value.pythonText], to: &output)
    }
  }

  private static func write(
    _ elements: [JSONValue], label: String?, to output: inout [UInt8]
  ) throws(OutputError) {
    if elements.contains(where: \.isObject) {
      let columns = try scalarNames(of: elements)
      for element in elements { try write(element, label: label, columns: columns, to: &output) }
    } else {
      let scalars = elements.filter(\.isScalar).map(\.pythonText)
      if let label {
        for scalar in scalars { writeLine([label.uppercased(), scalar], to: &output) }
      } else if !scalars.isEmpty {
        writeLine(scalars, to: &output)
      }
      for element in elements where !element.isScalar {
        try write(element, label: label, columns: nil, to: &output)
      }
    }
  }

  private static func write(
    _ object: JSONObject, label: String?, columns: [String]?, to output: inout [UInt8]
  ) throws(OutputError) {
    let columns = columns ?? object.names { $0.isScalar }
    let scalars = columns.map { object[$0]?.pythonText ?? "" }
    if !scalars.isEmpty { writeLine((label.map { [$0.uppercased()] } ?? []) + scalars, to: &output) }
    let printed = Set(columns)
    for name in object.names(where: { _ in true }) where !printed.contains(name) {
      try write(object[name] ?? .null, label: name, columns: nil, to: &output)
    }
  }

  private static func scalarNames(of elements: [JSONValue]) throws(OutputError) -> [String] {
    var names: Set<String> = []
    for element in elements {
      guard case .object(let object) = element else {
        throw OutputError("'\(element.pythonTypeName)' object has no attribute 'items'")
      }
      names.formUnion(object.names { $0.isScalar })
    }
    return names.sortedByCodePoint()
  }

  private static func writeLine(_ columns: [String], to output: inout [UInt8]) {
    output += columns.joined(separator: "\t").utf8
    output.append(UInt8(ascii: "\n"))
  }
}
