internal import ArgumentParser
internal import Configuration

/// The flags of `fedbroker serve`.
///
/// They stay text here: the configuration checks them together with the environment and the file, and knows the
/// defaults.
struct ServeOptions: ParsableArguments {
  @Option(
    help: .init("The configuration file, in place of \(ConfigurationLoader.defaultFile).", valueName: "file"))
  var config: String?

  @Option(help: help(\.listen, "address"))
  var listen: [String] = []

  @Option(help: help(\.adminListen, "address"))
  var adminListen: [String] = []

  @Option(name: .customLong("instance-id"), help: help(\.instanceID, "id"))
  var instanceID: [String] = []

  @Option(help: help(\.tokenFile, "path"))
  var tokenFile: String?

  @Option(help: help(\.region, "region"))
  var region: String?

  @Option(help: help(\.profile, "name"))
  var profile: String?

  @Option(name: .customLong("endpoint-url"), help: help(\.endpointURL, "url"))
  var endpointURL: String?

  @Option(help: help(\.caBundle, "path"))
  var caBundle: String?

  @Flag(name: .customLong("no-verify-ssl"), help: help(\.noVerifySSL))
  var noVerifySSL = false

  @Flag(help: help(\.noSignRequest))
  var noSignRequest = false

  @Option(help: help(\.cliConnectTimeout, "seconds"))
  var cliConnectTimeout: String?

  @Option(help: help(\.cliReadTimeout, "seconds"))
  var cliReadTimeout: String?

  @Option(help: help(\.logLevel, "level"))
  var logLevel: String?

  @Option(help: help(\.logFormat, "format"))
  var logFormat: String?

  @Flag(help: help(\.emulate))
  var emulate = false

  var overrides: FlagOverrides {
    var overrides = FlagOverrides()
    overrides.config = config
    overrides.listen = listen
    overrides.adminListen = adminListen
    overrides.instanceID = instanceID
    overrides.tokenFile = tokenFile
    overrides.region = region
    overrides.profile = profile
    overrides.endpointURL = endpointURL
    overrides.caBundle = caBundle
    overrides.noVerifySSL = noVerifySSL
    overrides.noSignRequest = noSignRequest
    overrides.cliConnectTimeout = cliConnectTimeout
    overrides.cliReadTimeout = cliReadTimeout
    overrides.logLevel = logLevel
    overrides.logFormat = logFormat
    overrides.emulate = emulate
    return overrides
  }

  private static func help(_ flag: PartialKeyPath<FlagOverrides>, _ valueName: String? = nil) -> ArgumentHelp {
    ArgumentHelp("\(Configuration.documentation(of: flag))", valueName: valueName)
  }
}
