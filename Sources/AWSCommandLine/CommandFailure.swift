internal import JSON

/// The failure of a command: the AWS CLI's message and exit status.
package struct CommandFailure: Error, Sendable, Equatable {
  /// The text for standard error, including its last line feed.
  package let text: String
  /// 2 for an invalid command line, 69 where this program's own needs are not met, 255 for everything else.
  package let exitStatus: Int32

  /// An invalid command line.
  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(text: "usage: \(usage)aws: error: \(message)\n", exitStatus: 2)
  }

  static func unknownOptions(_ options: [String]) -> CommandFailure {
    CommandFailure(text: "usage: \(usage)\nUnknown options: \(options.joined(separator: ", "))\n", exitStatus: 255)
  }

  /// The AWS CLI prints a line feed after its handled exceptions, and before all others too.
  package static func plain(_ message: String) -> CommandFailure {
    CommandFailure(text: "\(message)\n", exitStatus: 255)
  }

  package static func exception(_ message: String) -> CommandFailure {
    CommandFailure(text: "\n\(message)\n", exitStatus: 255)
  }

  /// What this program needs is not there: no failure of the AWS CLI.
  package static func unavailable(_ message: String) -> CommandFailure {
    CommandFailure(text: "fedbroker: \(message)\n", exitStatus: 69)
  }

  package static let noRegion = plain(
    #"You must specify a region. You can also configure your region by running "aws configure"."#)
  package static let noCredentials = plain(
    #"Unable to locate credentials. You can configure credentials by running "aws configure"."#)

  package static func profileNotFound(_ name: String) -> CommandFailure {
    exception("The config profile (\(name)) could not be found")
  }

  /// What Python's `int(text)` raises.
  package static func invalidInteger(_ text: String) -> CommandFailure {
    exception("invalid literal for int() with base 10: \(JSONValue.string(text).pythonRepresentation)")
  }

  static func parameter(_ name: String, _ message: String) -> CommandFailure {
    exception("Error parsing parameter '\(name)': \(message)")
  }

  private static let usage = """
    \rNote: AWS CLI version 2, the latest major version of the AWS CLI, is now stable and recommended for general use. \
    For more information, see the AWS CLI version 2 installation instructions at: \
    https://docs.aws.amazon.com/cli/latest/userguide/install-cliv2.html

    usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
    To see help text, you can run:

      aws help
      aws <command> help
      aws <command> <subcommand> help

    """
}
