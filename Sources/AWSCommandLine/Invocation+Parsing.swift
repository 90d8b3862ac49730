internal import AWSOutput
internal import JMESPath
internal import JSON

extension Invocation {
  /// The request of a command line.
  package enum Parsed: Sendable {
    case run(Invocation)
    case version
    case help
  }

  /// Reads a command line in the AWS CLI's order: global options, configuration, options of the operation.
  ///
  /// `checkConfiguration` is called for the second step, with the profile of the command line.
  package static func parse(
    _ arguments: [String], checkConfiguration: (_ profile: String?) throws(CommandFailure) -> Void
  ) throws(CommandFailure) -> Parsed {
    let global = try OptionTable.global.parse(["connect", "get-federation-token"] + arguments)
    guard global.end == nil else { return .version }
    var invocation = Invocation()
    try invocation.readGlobalOptions(global.options)
    try checkConfiguration(invocation.profile)

    let service = try OptionTable.service.parse(global.unknown)
    guard service.unknown != ["help"] else { return .help }
    let operation = try OptionTable.operation(service.unknown).parse(service.unknown)
    guard operation.positional != "help" else { return .help }
    let surplus = operation.positional.flatMap { $0.isEmpty ? nil : $0 }
    let unknown = operation.unknown + (surplus.map { [$0] } ?? [])
    guard unknown.isEmpty else { throw .unknownOptions(unknown) }
    invocation.readOperationOptions(operation.options)
    return .run(invocation)
  }

  private mutating func readGlobalOptions(_ options: [String: String]) throws(CommandFailure) {
    if let text = options["--query"] {
      do { query = try JMESPath(parsing: text) } catch {
        throw .exception("Bad value for --query \(text): \(error.message)")
      }
    }
    endpointURL = options["--endpoint-url"]
    if let endpointURL, !Self.hasScheme(endpointURL) {
      throw .exception(
        "Bad value for --endpoint-url \"\(endpointURL)\": scheme is missing.  Must be of the form http://<hostname>/ or"
          + " https://<hostname>/")
    }
    readTimeout = try Self.seconds(options["--cli-read-timeout"])
    connectTimeout = try Self.seconds(options["--cli-connect-timeout"])
    profile = options["--profile"].flatMap { $0.isEmpty ? nil : $0 }
    region = options["--region"].flatMap { $0.isEmpty ? nil : $0 }
    caBundle = options["--ca-bundle"]
    verifiesCertificates = options["--no-verify-ssl"] == nil
    signsRequests = options["--no-sign-request"] == nil
    isDebugging = options["--debug"] != nil
    output = options["--output"]
    color = options["--color"].flatMap(ColorSetting.init) ?? .auto
    isDirect = options["--direct"] != nil
    broker = options["--broker"]
  }

  private mutating func readOperationOptions(_ options: [String: String]) {
    instanceID = options["--instance-id"]
    inputJSON = options["--cli-input-json"]
    switch options["--generate-cli-skeleton"] {
    case "input": purpose = .printInputSkeleton
    case "output": purpose = .printOutputSkeleton
    default: purpose = .call
    }
  }

  /// Returns whether Python's `urlparse` finds a scheme: a letter, then letters, digits, `+`, `-` and `.`, up to a colon.
  private static func hasScheme(_ url: String) -> Bool {
    guard let colon = url.firstIndex(of: ":"), let first = url.first else { return false }
    return first.isASCII && first.isLetter
      && url[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
  }

  private static func seconds(_ text: String?) throws(CommandFailure) -> Int {
    guard let text else { return 60 }
    guard let seconds = PythonInteger.parse(text) else { throw .invalidInteger(text) }
    return seconds
  }
}
