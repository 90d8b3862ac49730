package import JSON

/// Prints a response, or what a query made of it, to the byte as the AWS CLI does.
package struct OutputRenderer: Sendable {
  private let format: OutputFormat
  private let color: ColorSetting
  private let terminal: Terminal?

  /// `terminal` is standard output where that is one: it colours a table and bounds its width.
  package init(format: OutputFormat, color: ColorSetting = .auto, terminal: Terminal? = nil) {
    self.format = format
    self.color = color
    self.terminal = terminal
  }

  /// Appends what is printed; nothing for an empty object, which is what an operation without an answer gives.
  ///
  /// Throws for lists of unlike values that the CLI cannot print as text or table. What it has printed until then is
  /// appended.
  package func render(
    _ value: JSONValue, title: String = "GetFederationToken", to output: inout [UInt8]
  ) throws(OutputError) {
    switch format {
    case .json:
      guard value != [:] else { return }
      PythonJSONWriter(indentation: 4, escapesNonASCII: false).write(value, to: &output)
      output.append(UInt8(ascii: "\n"))
    case .text:
      try TextOutput.write(value, to: &output)
    case .table:
      let isColored = color == .on || color == .auto && terminal != nil
      var writer = TableWriter(isColored: isColored, isTerminal: terminal != nil)
      defer { output += writer.finish() }
      var table = Table()
      guard try table.add(value, title: title) else { return }
      table.render(to: &writer, terminalColumns: terminal?.columns ?? 80)
    case .yaml:
      YAMLOutput.write(value, to: &output)
    }
  }
}
