/// The declaration of one key: everything that is said about it anywhere comes from here.
///
/// `Root` is what holds the value: `Configuration`, or `Configuration.Instance` for the keys of `[instances.ALIAS]`.
struct ConfigurationKey<Root: Sendable>: Sendable {
  /// With its table in front: `cache.max_entries`.
  let name: String
  /// A sentence for people: the flag's help and the comment in `config/fedbroker.toml`.
  let documentation: String
  /// Completes "… is expected".
  let expectation: String
  /// The flag of `fedbroker serve`, which stands for an environment variable as well; `nil` for keys of the file only.
  let flag: Flag?
  /// What `config/fedbroker.toml` shows for a key that has no default.
  let example: ConfigurationValue?
  let assign: @Sendable (ConfigurationValue, inout Root) throws(ValueRefusal) -> Void
  /// The value in `Root`, `nil` when it is unset.
  let value: @Sendable (Root) -> ConfigurationValue?

  init<Value>(
    _ name: String, _ form: ValueForm<Value>, _ path: any WritableKeyPath<Root, Value> & Sendable, flag: Flag? = nil,
    example: ConfigurationValue? = nil, _ documentation: String
  ) {
    self.name = name
    self.documentation = documentation
    self.flag = flag
    self.example = example
    expectation = form.expectation
    assign = { (value, root) throws(ValueRefusal) in root[keyPath: path] = try form.parse(value) }
    value = { root in form.render(root[keyPath: path]) }
  }

  /// A key that may be left unset, and then has no default to show.
  init<Value>(
    _ name: String, _ form: ValueForm<Value>, _ path: any WritableKeyPath<Root, Value?> & Sendable, flag: Flag? = nil,
    example: String, _ documentation: String
  ) {
    self.init(name, form.optional, path, flag: flag, example: .string(example), documentation)
  }

  /// The table the key stands in, empty for those of none.
  var table: String {
    name.split(separator: ".").dropLast().joined(separator: ".")
  }

  /// The name inside its table.
  var lastName: String {
    name.split(separator: ".").last.map(String.init) ?? name
  }

  /// `--cli-read-timeout` for `cli_read_timeout`.
  var flagName: String? {
    flag.map { _ in "--" + name.replacing("_", with: "-") }
  }

  /// `FEDBROKER_CLI_READ_TIMEOUT` for `cli_read_timeout`.
  var environmentName: String? {
    flag.map { _ in "FEDBROKER_" + name.uppercased() }
  }

  struct Flag: Sendable {
    let path: any PartialKeyPath<FlagOverrides> & Sendable
    /// `nil` when the flag was not given.
    let read: @Sendable (FlagOverrides) -> ConfigurationValue?

    init(_ path: any KeyPath<FlagOverrides, some FlagValue> & Sendable) {
      self.path = path
      read = { $0[keyPath: path].configurationValue }
    }
  }
}
