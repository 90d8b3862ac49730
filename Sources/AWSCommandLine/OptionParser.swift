internal import JSON

/// Parses a command line as Python 3.11's `argparse` does, whose rules and messages users of the AWS CLI rely on.
///
/// A pure value. Returns the arguments that it does not know, as `parse_known_args` does: the AWS CLI parses its arguments
/// three times, for itself, for the service and for the operation.
struct OptionParser {
  struct Option {
    enum Arity {
      case none
      case one
      /// One value or none; none means `constant`.
      case optional(constant: String)
    }

    let name: String
    var arity = Arity.one
    /// The values that messages list; empty where any value is taken.
    var choices: [String] = []
    /// Choices of ours that the AWS CLI does not have, so that its messages do not name them.
    var unlistedChoices: [String] = []
    /// An option that the AWS CLI does not have must not make its abbreviations ambiguous.
    var canBeAbbreviated = true
    /// Ends the parsing at once, as `--version` does.
    var ends = false
  }

  struct Positional {
    let name: String
    var isRequired = true
  }

  struct Result {
    /// The last value of each option that was given; the empty string for an option without a value.
    var options: [String: String] = [:]
    var positional: String?
    var unknown: [String] = []
    /// The option that ended the parsing.
    var end: String?
  }

  let options: [Option]
  let positional: Positional
  /// The names of the required options.
  var required: [String] = []

  func parse(_ arguments: [String]) throws(CommandFailure) -> Result {
    var run = try OptionParserRun(self, arguments)
    try run.parse()
    var result = run.result
    guard result.end == nil else { return result }
    // argparse names missing options in the order of their declaration.
    var missing = required.filter { result.options[$0] == nil }
    if positional.isRequired, result.positional == nil { missing.append(positional.name) }
    guard missing.isEmpty else {
      throw .usage("the following arguments are required: \(missing.joined(separator: ", "))")
    }
    result.unknown = run.unknown
    return result
  }

  /// Returns the meaning of an argument that begins with `-`; `nil` if it is not an option.
  func meaning(of argument: String) throws(CommandFailure) -> (option: Option?, name: String, value: String?)? {
    guard argument.hasPrefix("-") else { return nil }
    if let option = options.first(where: { $0.name == argument }) { return (option, argument, nil) }
    guard argument != "-" else { return nil }
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let value = parts.count > 1 ? parts[1] : nil
    if value != nil, let option = options.first(where: { $0.name == parts[0] }) { return (option, parts[0], value) }
    let candidates =
      argument.hasPrefix("--") ? options.filter { $0.canBeAbbreviated && $0.name.hasPrefix(parts[0]) } : []
    if candidates.count > 1 {
      let names = candidates.map(\.name).joined(separator: ", ")
      throw .usage("ambiguous option: \(argument) could match \(names)")
    }
    if let option = candidates.first { return (option, option.name, value) }
    return Self.isNegativeNumber(argument) || argument.contains(" ") ? nil : (nil, argument, nil)
  }

  /// `-5` and `-.5` are values.
  private static func isNegativeNumber(_ argument: String) -> Bool {
    let parts = argument.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let last = parts.last, !last.isEmpty else { return false }
    return parts.joined().allSatisfy(\.isWholeNumber)
  }
}

/// The state of parsing one command line.
private struct OptionParserRun {
  private let parser: OptionParser
  private let arguments: [String]
  /// The options among the arguments, by position.
  private var meanings: [Int: (option: OptionParser.Option?, name: String, value: String?)] = [:]
  /// The position of the first `--`, after which nothing is an option.
  private var separator: Int?
  private var isPositionalTaken = false
  private(set) var result = OptionParser.Result()
  private(set) var unknown: [String] = []

  init(_ parser: OptionParser, _ arguments: [String]) throws(CommandFailure) {
    self.parser = parser
    self.arguments = arguments
    for (position, argument) in arguments.enumerated() {
      if argument == "--" {
        separator = position
        break
      }
      if let meaning = try parser.meaning(of: argument) { meanings[position] = meaning }
    }
  }

  mutating func parse() throws(CommandFailure) {
    var position = 0
    while let next = meanings.keys.filter({ $0 >= position }).min() {
      if position != next {
        position = takePositional(from: position)
        unknown += arguments[position..<max(position, next)]
        position = next
      }
      position = try takeOption(at: position)
      if result.end != nil { return }
    }
    position = takePositional(from: position)
    unknown += arguments[position...]
  }

  /// Takes the values of the positional argument, and returns where to continue.
  private mutating func takePositional(from start: Int) -> Int {
    guard !isPositionalTaken else { return start }
    // The separator is a part of the values around it, and is dropped from them.
    var position = start == separator ? start + 1 : start
    guard position < arguments.count, meanings[position] == nil else {
      return parser.positional.isRequired ? start : position
    }
    isPositionalTaken = true
    result.positional = arguments[position]
    position += 1
    return position == separator ? position + 1 : position
  }

  private mutating func takeOption(at position: Int) throws(CommandFailure) -> Int {
    guard let (option, name, explicit) = meanings[position], let option else {
      unknown.append(arguments[position])
      return position + 1
    }
    let following = position + 1
    let hasValue = following < arguments.count && meanings[following] == nil && following != separator
    switch (option.arity, explicit) {
    case (.none, nil):
      result.options[option.name] = ""
      if option.ends { result.end = option.name }
      return following
    case (.none, let value?):
      throw .usage("argument \(name): ignored explicit argument \(JSONValue.string(value).pythonRepresentation)")
    case (_, let value?):
      try take(value, for: option)
      return following
    case (_, nil) where hasValue:
      try take(arguments[following], for: option)
      return following + 1
    case (.optional(let constant), nil):
      try take(constant, for: option)
      return following
    case (.one, nil):
      throw .usage("argument \(name): expected one argument")
    }
  }

  private mutating func take(_ value: String, for option: OptionParser.Option) throws(CommandFailure) {
    guard option.choices.isEmpty || (option.choices + option.unlistedChoices).contains(value) else {
      throw .usage("argument \(option.name): \(InvalidChoice.message(value, choices: option.choices))")
    }
    result.options[option.name] = value
  }
}
