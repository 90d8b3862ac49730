package import JSON

/// Prints a response, or the result of a query, exactly as the AWS CLI does, byte for byte.
package struct OutputRenderer: Sendable {
  private let format: OutputFormat
  private let color: ColorSetting
  private let terminal: Terminal?

  /// With a `terminal` as standard output, a table has colours and is at most as wide.
  package init(format: OutputFormat, color: ColorSetting = .auto, terminal: Terminal? = nil) {
    self.format = format
    self.color = color
    self.terminal = terminal
  }

  /// Appends the output to `text`; nothing for an empty object, which stands for an operation without a result.
  ///
  /// Throws for lists of different kinds of values, which the CLI cannot print as text or table. The output up to there is
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
