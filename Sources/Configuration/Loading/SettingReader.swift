/// Reads keys: flag before environment before file before default.
///
/// `Configuration` asks it for every key there is, and each such question is the declaration of the key. Every source is
/// checked in full, also where another one overrides it.
struct SettingReader {
  private let flags: FlagOverrides
  private let environment: [String: String]
  /// The printable path of the file, and what it holds.
  private let file: String
  private let document: [ConfigurationValue.Member]
  private let lines: KeyLines
  /// The table whose keys are read now, where the file may have any number of such tables.
  private var table: (path: String, members: [ConfigurationValue.Member])?

  /// The keys that were asked for, in that order.
  var settings: [Setting] = []
  private var problemsOfFile: [(key: String, text: String)] = []
  private var problemsOfEnvironment: [String] = []
  private var problemsOfFlags: [String] = []

  /// - Parameter environment: Without variables that are empty.
  init(
    flags: FlagOverrides = FlagOverrides(), environment: [String: String] = [:], file: String = "",
    document: [ConfigurationValue.Member] = [], lines: KeyLines = KeyLines()
  ) {
    self.flags = flags
    self.environment = environment
    self.file = file
    self.document = document
    self.lines = lines
  }

  /// Returns the keys that `read` declares, with their defaults.
  static func declarations(_ read: (inout SettingReader) -> Void) -> [Setting] {
    var reader = SettingReader()
    read(&reader)
    return reader.settings
  }

  /// What is wrong, by source; that of the file in the order of its keys.
  var problems: [String] {
    problemsOfFile.sorted { $0.key < $1.key }.map(\.text) + problemsOfEnvironment + problemsOfFlags
  }

  /// Declares a key and returns its value.
  ///
  /// - Parameters:
  ///   - name: With its table in front; a key of `[instances.ALIAS]` and the like without.
  ///   - form: The type and the range, and how they are written.
  ///   - default: The value where no source gives one.
  ///   - flag: The shape of the flag, where there is one.
  ///   - example: What `config/fedbroker.toml` shows where there is no default.
  ///   - documentation: A sentence for people.
  mutating func read<Value>(
    _ name: String, _ form: ValueForm<Value>, default fallback: Value, flag: Setting.Flag? = nil,
    example: ConfigurationValue? = nil, _ documentation: String
  ) -> Value {
    var value = fallback
    var setting = Setting(
      name: (table.map { "\($0.path)." } ?? "") + name, documentation: documentation,
      expectation: form.expectation, flag: flag, example: example, value: nil, origin: .byDefault,
      values: form.values)
    for (given, origin) in given(for: setting) {
      do throws(ValueRefusal) {
        value = try form.parse(given)
        setting.origin = origin
        setting.line = if case .file = origin { lines[setting.name] } else { nil }
      } catch {
        let place = origin.place(of: setting.name, line: lines[setting.name])
        note("\(place) = \(error.value.excerpt): \(error.reason)", of: setting.name, origin)
      }
    }
    setting.value = form.render(value)
    settings.append(setting)
    return value
  }

  /// Returns the same for a key that may be left unset, and then has no default to show.
  mutating func read<Value>(
    _ name: String, _ form: ValueForm<Value>, flag: Setting.Flag? = nil, example: String, _ documentation: String
  ) -> Value? {
    read(name, form.optional, default: nil, flag: flag, example: .string(example), documentation)
  }

  /// Returns the same for a list that may be left unset.
  mutating func read<Value>(
    _ name: String, _ form: ValueForm<[Value]>, example: [ConfigurationValue], _ documentation: String
  ) -> [Value]? {
    read(name, form.optional, default: nil, example: .list(example), documentation)
  }

  /// Reads the tables of `[instances]` and the like, sorted by name.
  ///
  /// - Parameters:
  ///   - name: The table that holds them.
  ///   - isName: Whether a table may have a name; `rule` says which ones it may have.
  ///   - needed: A key that each must have, and what is expected of it.
  mutating func readTables<Table>(
    of name: String, where isName: (String) -> Bool, else rule: String, needing needed: String, _ expectation: String,
    _ make: (String, inout SettingReader) -> Table
  ) -> [Table] {
    guard let holder = member(name, of: document) else { return [] }
    guard case .table(let members) = holder else {
      noteNoTable(name, holder)
      return []
    }
    return members.compactMap { member in
      let path = "\(name).\(member.key.excerpt)"
      guard case .table(let keys) = member.value else {
        noteNoTable(path, member.value)
        return nil
      }
      guard isName(member.key) else {
        noteInFile("[\(path)]: \(rule)", of: path)
        return nil
      }
      if self.member(needed, of: keys) == nil {
        noteInFile("\(path).\(needed) is missing: \(expectation) is expected", of: "\(path).\(needed)")
      }
      return read(path, keys) { make(member.key, &$0) }
    }
  }

  /// Reads the tables of `[[access]]`, in the order of the file.
  mutating func readList<Table>(of name: String, _ make: (inout SettingReader) -> Table) -> [Table] {
    guard let holder = member(name, of: document) else { return [] }
    guard case .list(let elements) = holder else {
      noteInFile("\(name) = \(holder.excerpt): tables are expected, each under [[\(name)]]", of: name)
      return []
    }
    return elements.enumerated().compactMap { index, element in
      let path = "\(name)[\(index + 1)]"
      guard case .table(let keys) = element else {
        noteNoTable(path, element)
        return nil
      }
      return read(path, keys, make)
    }
  }

  private mutating func read<Table>(
    _ path: String, _ members: [ConfigurationValue.Member], _ make: (inout SettingReader) -> Table
  ) -> Table {
    table = (path, members)
    defer { table = nil }
    let first = settings.count
    let read = make(&self)
    let known = settings[first...].map(\.name)
    for key in members where !known.contains("\(path).\(key.key)") { noteUnknown("\(path).\(key.key)", known) }
    return read
  }

  /// The tables that are read by `readTables` and `readList`.
  private static let readApart: Set<String> = ["access", "instances", "tokens"]

  private static func isReadApart(_ table: String) -> Bool {
    readApart.contains(String(table.prefix { $0 != "." && $0 != "[" }))
  }

  /// Notes what the file has beside the keys that were asked for.
  mutating func refuseUnknownKeys() {
    let tables = Set(settings.map(\.table)).subtracting([""]).filter { !Self.isReadApart($0) }.union(Self.readApart)
    let known = settings.filter { !Self.isReadApart($0.table) }.map(\.name)
    // A dot in a quoted key is part of its name, and no table's.
    for member in document where !known.contains(member.key) || member.key.contains(".") {
      guard tables.contains(member.key) else {
        noteUnknown(member.key, known + tables)
        continue
      }
      guard !Self.readApart.contains(member.key) else { continue }
      guard case .table(let keys) = member.value else {
        noteNoTable(member.key, member.value)
        continue
      }
      for key in keys where !known.contains("\(member.key).\(key.key)") {
        noteUnknown("\(member.key).\(key.key)", known + tables)
      }
    }
  }

  /// What the sources say of a key, the least one first.
  private func given(for setting: Setting) -> [(ConfigurationValue, Setting.Origin)] {
    var given: [(ConfigurationValue, Setting.Origin)] = []
    let members =
      table?.members ?? (setting.table.isEmpty ? document : member(setting.table, of: document)?.members ?? [])
    if let value = member(setting.lastName, of: members) { given.append((value, .file(file))) }
    if let name = setting.environmentName, let text = environment[name] {
      given.append((.raw(text), .environment(name)))
    }
    if let name = setting.flagName, let value = flags[setting.name] { given.append((value, .flag(name))) }
    return given
  }

  private func member(_ key: String, of members: [ConfigurationValue.Member]) -> ConfigurationValue? {
    members.first { $0.key == key }?.value
  }

  private mutating func note(_ problem: String, of key: String, _ origin: Setting.Origin) {
    switch origin {
    case .byDefault, .file: problemsOfFile.append((key, problem))
    case .environment: problemsOfEnvironment.append(problem)
    case .flag: problemsOfFlags.append(problem)
    }
  }

  private mutating func noteInFile(_ problem: String, of key: String) {
    problemsOfFile.append((key, "\(file)\(lines[key].map { ":\($0)" } ?? ""): \(problem)"))
  }

  private mutating func noteNoTable(_ path: String, _ value: ConfigurationValue) {
    noteInFile("\(path) = \(value.excerpt): a table is expected", of: path)
  }

  private mutating func noteUnknown(_ path: String, _ known: some Sequence<String>) {
    noteInFile("unknown key \(path.excerpt)\(Self.advice(on: path, Array(known)))", of: path)
  }
}

extension SettingReader {
  /// Returns what was probably meant by a key that is not known, in parentheses.
  private static func advice(on path: String, _ known: [String]) -> String {
    let name = path.split(separator: ".").last.map(String.init) ?? path
    if ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "credential_process", "sso_session"]
      .contains(name.lowercased())
    {
      return " (AWS credentials do not belong in this file: put them in ~/.aws/credentials, in a profile that profile"
        + " names)"
    }
    if let closest = Suggestion.closest(to: path, among: known) { return " (did you mean \(closest)?)" }
    // Known, but in another table.
    guard let other = known.first(where: { $0 == name || $0.hasSuffix(".\(name)") }) else { return "" }
    let place = other.contains(".") ? "in another table" : "which stands above the first [table]"
    return " (did you mean \(other), \(place)?)"
  }
}

extension ConfigurationValue {
  /// The members of a table; `nil` for other values.
  fileprivate var members: [Member]? {
    if case .table(let members) = self { members } else { nil }
  }
}
