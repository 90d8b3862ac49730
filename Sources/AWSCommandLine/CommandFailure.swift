/// How a command ends that does not print what was asked for: in the AWS CLI's words, with its exit status.
package struct CommandFailure: Error, Sendable, Equatable {
  /// What goes to standard error, the line feed at its end included.
  package let text: String
  /// 2 for a command line that cannot be, 255 for all else.
  package let exitStatus: Int32

  /// A command line that cannot be.
  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(text: "usage: \(usage)aws: error: \(message)\n", exitStatus: 2)
  }

  static func unknownOptions(_ options: [String]) -> CommandFailure {
    CommandFailure(text: "usage: \(usage)\nUnknown options: \(options.joined(separator: ", "))\n", exitStatus: 255)
  }

  /// The AWS CLI ends its handled exceptions with a line feed, and begins all others with one as well.
  package static func plain(_ message: String) -> CommandFailure {
    CommandFailure(text: "\(message)\n", exitStatus: 255)
  }

  package static func exception(_ message: String) -> CommandFailure {
    CommandFailure(text: "\n\(message)\n", exitStatus: 255)
  }

  package static let noRegion = plain(
    #"You must specify a region. You can also configure your region by running "aws configure"."#)
  package static let noCredentials = plain(
    #"Unable to locate credentials. You can configure credentials by running "aws configure"."#)

  package static func profileNotFound(_ name: String) -> CommandFailure {
    exception("The config profile (\(name)) could not be found")
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
