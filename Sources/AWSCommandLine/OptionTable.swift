internal import AWSOutput

/// The options of the AWS CLI 1.45 for `connect get-federation-token`, in its order, and our own.
enum OptionTable {
  static let global = OptionParser(
    options: [
      .init(name: "--debug", arity: .none),
      .init(name: "--endpoint-url"),
      .init(name: "--no-verify-ssl", arity: .none),
      .init(name: "--no-paginate", arity: .none),
      .init(name: "--output", choices: ["json", "text", "table"], unlistedChoices: ["yaml"]),
      .init(name: "--query"),
      .init(name: "--profile"),
      .init(name: "--region"),
      .init(name: "--version", arity: .none, ends: true),
      .init(name: "--color", choices: ["on", "off", "auto"]),
      .init(name: "--no-sign-request", arity: .none),
      .init(name: "--ca-bundle"),
      .init(name: "--cli-read-timeout"),
      .init(name: "--cli-connect-timeout"),
      // Warns about differences to version 2 of the AWS CLI; none concerns this operation.
      .init(name: "--v2-debug", arity: .none),
      .init(name: "--direct", arity: .none, canBeAbbreviated: false),
      .init(name: "--broker", canBeAbbreviated: false),
    ],
    positional: .init(name: "command"))

  static let service = OptionParser(options: [], positional: .init(name: "operation"))

  /// The operation's options.
  ///
  /// An instance id is not required if another option replaces it, given by its full name as a separate argument.
  static func operation(_ arguments: [String]) -> OptionParser {
    let skeleton = arguments.firstIndex(of: "--generate-cli-skeleton")
    let printsInput = skeleton.map { arguments[($0 + 1)...].first != "output" } ?? false
    let isComplete = printsInput || arguments.contains("--cli-input-json")
    return OptionParser(
      options: [
        .init(name: "--instance-id"),
        .init(name: "--cli-input-json"),
        .init(name: "--generate-cli-skeleton", arity: .optional(constant: "input"), choices: ["input", "output"]),
      ],
      positional: .init(name: "help", isRequired: false), required: isComplete ? [] : ["--instance-id"])
  }
}
