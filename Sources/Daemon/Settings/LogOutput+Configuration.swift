internal import Configuration
internal import Logging
internal import Telemetry

extension LogOutput {
  convenience init(_ configuration: Configuration, _ environment: [String: String]) {
    self.init(format: Self.format(configuration, environment), level: configuration.logLevel)
  }

  func adopt(_ configuration: Configuration, _ environment: [String: String]) {
    set(format: Self.format(configuration, environment), level: configuration.logLevel)
  }

  private static func format(_ configuration: Configuration, _ environment: [String: String]) -> LogFormat {
    (configuration.logFormat == .json ? LogFormat.json : .text)
      .adaptedToJournal(journalStream: environment["JOURNAL_STREAM"]).adaptedToTerminal(environment)
  }
}

extension ConfigurationChange {
  var metadata: Logger.Metadata {
    ["key": "\(key)", "from": "\(former ?? "unset")", "to": "\(current ?? "unset")"]
  }
}
