/// One key, as it was declared and read: everything that is said about it anywhere comes from here.
package struct Setting: Sendable {
  /// With its table in front: `cache.max_entries`, `instances.sales.region`, `access[1].users`.
  package let name: String
  /// A sentence for people: the flag's help and the comment in `config/fedbroker.toml`.
  package let documentation: String
  /// Completes "… is expected": names type and range.
  let expectation: String
  /// The flag of `fedbroker serve`, which stands for an environment variable as well; `nil` for keys of the file only.
  package let flag: Flag?
  /// The value that `config/fedbroker.toml` shows for a key that has no default.
  let example: ConfigurationValue?
  /// `nil` where the key is unset.
  var value: ConfigurationValue?
  var origin: Origin
  /// The line of the file that gives the value; `nil` where another source does.
  var line: Int?

  /// What a shell can offer as the value of the flag.
  package let values: Values

  /// The values that a shell can offer.
  package enum Values: Sendable {
    case any
    case files
    case choices([String])
  }

  /// The shape of a flag; the text names its value in `--help`.
  package enum Flag: Sendable {
    /// Stands alone, for true.
    case presence
    case text(String)
    /// May be repeated.
    case list(String)
  }

  /// Where a value came from.
  enum Origin: Sendable, Equatable, CustomStringConvertible {
    case byDefault
    /// The path of the file, printable.
    case file(String)
    /// The name of the variable.
    case environment(String)
    /// The flag, with its dashes.
    case flag(String)

    var description: String {
      switch self {
      case .byDefault: "default"
      case .file(let path): "file \(path)"
      case .environment(let name): "environment \(name)"
      case .flag(let name): "flag \(name)"
      }
    }

    /// Where a person finds the value of `key`, and on which line of the file.
    func place(of key: String, line: Int?) -> String {
      switch self {
      case .byDefault: key
      case .file(let path): line.map { "\(path):\($0): \(key)" } ?? "\(path): \(key)"
      case .environment(let name): name
      case .flag(let name): name
      }
    }
  }

  /// The table that the key stands in, empty for those of none.
  var table: String { String(name.dropLast(lastName.count + 1)) }

  /// The line above the table's keys in a file: `[cache]`, `[[access]]`.
  var header: String { table.hasSuffix("]") ? "[[\(table.prefix { $0 != "[" })]]" : "[\(table)]" }

  /// The name inside its table.
  var lastName: String { name.split(separator: ".").last.map(String.init) ?? name }

  /// `--cli-read-timeout` for `cli_read_timeout`.
  var flagName: String? { flag.map { _ in "--" + name.replacing("_", with: "-") } }

  /// `FEDBROKER_CLI_READ_TIMEOUT` for `cli_read_timeout`.
  var environmentName: String? { flag.map { _ in "FEDBROKER_" + name.uppercased() } }
}
