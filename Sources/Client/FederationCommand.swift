internal import AWS
internal import AWSCommandLine
internal import AWSOutput
internal import CLinux
internal import Configuration
internal import Glibc
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// `fedbroker get-federation-token`: does what `aws connect get-federation-token` does, and uses the daemon if it has the
/// same credentials.
package struct FederationCommand {
  private let environment: AWS.Environment

  package init(environment: [String: String]) {
    self.environment = AWS.Environment(environment)
  }

  /// The output of `get-federation-token help`.
  package static var help: String { Invocation.help }

  /// Returns the words that can follow on a command line: the values of the option before, else all options.
  package static func completions(after words: [String]) -> [String] {
    switch words.dropLast().last {
    case "--output": OutputFormat.allCases.map(\.rawValue)
    case "--color": ColorSetting.allCases.map(\.rawValue)
    case "--generate-cli-skeleton": ["input", "output"]
    case "--region": Region.known
    case "--instance-id":
      (try? BrokerClient(nil, environment: ProcessEnvironment.variables).status().names) ?? []
    default: Invocation.optionNames + ["help"]
    }
  }

  /// Returns the exit status.
  package func run(_ arguments: [String]) async -> Int32 {
    ProcessHardening.apply()
    exitOnInterrupt()
    do throws(CommandFailure) {
      try await execute(arguments)
      return 0
    } catch {
      StandardError.write(error.text)
      return error.exitStatus
    }
  }

  private func execute(_ arguments: [String]) async throws(CommandFailure) {
    let parsed = try Invocation.parse(arguments) { (profile) throws(CommandFailure) in
      _ = try CommandProfile(profile, environment: environment).timestampFormat()
    }
    switch parsed {
    case .version: try printOutput(Array("fedbroker \(Version.text)\n".utf8), format: .json)
    case .help:
      Pager.becomePager(of: Invocation.help, environment: environment.variables)
      try printOutput(Array(Invocation.help.utf8), format: .json)
    case .run(let invocation): try await execute(invocation)
    }
  }

  private func execute(_ invocation: Invocation) async throws(CommandFailure) {
    let profile = CommandProfile(invocation.profile, environment: environment)
    let parameters = try invocation.parameters(read: readFile, followsAddresses: profile.followsAddresses) {
      () throws(CommandFailure) in _ = try profile.section()
    }
    guard invocation.purpose != .printInputSkeleton else {
      return try print(Skeleton.input, format: .json, invocation)
    }
    try profile.checkRegion(invocation.region)
    let instanceID: String
    do throws(CommandFailure) {
      instanceID = try Invocation.instanceID(in: parameters)
    } catch {
      // The AWS CLI makes its client first.
      try profile.checkClient(region: invocation.region, isSigned: invocation.signsRequests)
      throw error
    }
    if invocation.purpose == .printOutputSkeleton {
      try profile.checkClient(region: invocation.region, isSigned: invocation.signsRequests)
      let format = try profile.output(invocation.output)
      return try print(result: Skeleton.output(for: format), invocation, profile)
    }
    if instanceID.unicodeScalars.contains("\u{FFFD}"), let message = UndecodableArgument.message {
      throw .exception(message)
    }
    let answer = try await answer(instanceID, invocation, profile)
    guard !answer.isError else { throw answer.failure(retries: nil) }
    let result: JSONValue
    do {
      result = try profile.timestampFormat().applied(to: try answer.result())
    } catch let error as CommandFailure {
      throw error
    } catch let error as OutputError {
      throw .exception(error.message)
    } catch {
      throw .exception("\(error)")
    }
    try print(result: result, invocation, profile)
  }

  /// Uses the daemon if it has the same credentials; otherwise calls AWS.
  private func answer(
    _ instanceID: String, _ invocation: Invocation, _ profile: CommandProfile
  ) async throws(CommandFailure) -> ServiceAnswer {
    try invocation.checkTimeouts()
    let debug = DebugOutput(isOn: invocation.isDebugging)
    if let broker = invocation.broker {
      do {
        return ServiceAnswer(
          try BrokerClient(broker, environment: environment.variables).federationToken(
            instanceID: instanceID, selector: nil, timeout: invocation.readTimeout
          ).response)
      } catch {
        throw .exception(error.description)
      }
    }
    if let reason = invocation.reasonForAskingAWS {
      debug.write("asking AWS: \(reason)")
    } else if let answer = answerOfDaemon(instanceID, invocation) {
      return answer
    }
    let call = try DirectCall(invocation, profile: profile, debug: debug)
    return try await call.answer(instanceID: instanceID, profile: invocation.profile)
  }

  /// Returns `nil` where no daemon answers, or it has other credentials.
  private func answerOfDaemon(_ instanceID: String, _ invocation: Invocation) -> ServiceAnswer? {
    let selector = IdentitySelector(profile: invocation.profile, environment: environment)
    guard
      let (response, address) = try? BrokerClient(nil, environment: environment.variables).federationToken(
        instanceID: instanceID, selector: selector, timeout: invocation.readTimeout)
    else { return nil }
    let answer = ServiceAnswer(response)
    // A daemon that does not serve this user is ignored; over TCP it may be another user's, with another token.
    var refusals: Set = ["IdentityMismatch", "Forbidden"]
    if !address.isUnix { refusals.formUnion(["InvalidSignatureException", "UnrecognizedClientException"]) }
    return answer.isError && refusals.contains(answer.errorCode) ? nil : answer
  }

  private func print(
    result: JSONValue, _ invocation: Invocation, _ profile: CommandProfile
  ) throws(CommandFailure) {
    let value = try invocation.selection(from: result)
    let name = try profile.output(invocation.output)
    guard let format = OutputFormat(rawValue: name) else { throw .exception("Unknown output type: \(name)") }
    try print(value, format: format, invocation)
  }

  private func print(_ value: JSONValue, format: OutputFormat, _ invocation: Invocation) throws(CommandFailure) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let terminal = isTerminal ? Terminal(columns: Int(fedbroker_terminal_columns(STDOUT_FILENO))) : nil
    var output: [UInt8] = []
    var failure: OutputError?
    do {
      try OutputRenderer(format: format, color: invocation.color, terminal: terminal).render(value, to: &output)
    } catch {
      failure = error
    }
    // The AWS CLI prints piece by piece, so output before an error appears.
    try printOutput(output, format: format)
    if let failure { throw .exception(failure.message) }
  }

  /// Writes output; an error is told as the AWS CLI tells that of text.
  ///
  /// A reader that is gone is no error with JSON and tables, as there. There a full disk is none either, and the token is
  /// lost without a word: that is not repeated.
  private func printOutput(_ output: [UInt8], format: OutputFormat) throws(CommandFailure) {
    do throws(SystemError) {
      try StandardOutput.writeBytes(output)
    } catch {
      if error.code == EPIPE, format != .text { return }
      throw .exception("[Errno \(error.code)] \(error.reason)")
    }
  }

  private func readFile(_ path: String) throws(Invocation.FileError) -> (path: String, bytes: [UInt8]) {
    let path = PathExpansion.expand(path, environment)
    do {
      let contents = try FileContents(path: path, limit: Self.largestFile, kind: .any)
      return (path, contents.bytes.withBytes { bytes in bytes.indices.map { bytes[$0] } })
    } catch {
      throw Invocation.FileError(error)
    }
  }

  private static let largestFile = 16 << 20

  /// Ends on SIGINT as the AWS CLI does: with a line feed, and 128 plus the signal's number.
  private func exitOnInterrupt() {
    InterruptHandling.handle(SIGINT) { _ in
      var lineFeed = UInt8(ascii: "\n")
      _ = write(STDOUT_FILENO, &lineFeed, 1)
      _exit(128 + SIGINT)
    }
  }
}

extension Invocation {
  /// The option that the daemon cannot honour; `nil` where there is none.
  fileprivate var reasonForAskingAWS: String? {
    if isDirect { return "--direct" }
    if endpointURL != nil { return "--endpoint-url" }
    if caBundle != nil { return "--ca-bundle" }
    if !verifiesCertificates { return "--no-verify-ssl" }
    if !signsRequests { return "--no-sign-request" }
    return isDebugging ? "--debug" : nil
  }

  fileprivate func checkTimeouts() throws(CommandFailure) {
    for (name, seconds) in [("connect", connectTimeout), ("read", readTimeout)] where seconds < 0 {
      throw .exception(
        "Attempted to set \(name) timeout to \(seconds), but the timeout cannot be set to a value less than or equal to 0."
      )
    }
  }
}

extension Invocation.FileError {
  /// Returns the system's error in Python's format.
  fileprivate init(_ error: FileError) {
    guard case .system(let failure) = error.reason else {
      self.init("it is \(error.explanation)")
      return
    }
    self.init("[Errno \(failure.code)] \(failure.reason): \(JSONValue.string(error.path).pythonRepresentation)")
  }
}

extension ServiceAnswer {
  fileprivate init(_ response: LocalResponse) {
    self.init(
      status: response.status, errorType: response["x-amzn-ErrorType"],
      body: response.body.withBytes { bytes in bytes.indices.map { bytes[$0] } })
  }
}
