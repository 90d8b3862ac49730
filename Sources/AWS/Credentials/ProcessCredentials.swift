internal import JSON
internal import Secrets
internal import System
internal import Timestamps

/// `credential_process`: a program that prints credentials as JSON.
///
/// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html. Neither the command, which
/// may hold a secret, nor anything it prints gets into a message.
struct ProcessCredentials {
  let command: Secret
  let profile: String
  let environment: Environment
  /// The AWS SDK for Go has the same; botocore waits without end.
  var timeout = Duration.seconds(60)

  private var place: String { "credential_process of profile \(profile)" }

  func credentials() async throws(AWSError) -> AWSCredentials {
    guard let words = ShellWords.split(command.exposed), !words.isEmpty else {
      throw AWSError(.noCredentials, "\(place) is no command: a quote does not end, or it is empty")
    }
    let output: Secret
    do {
      output = try await CapturedProcess.run(words, environment: childEnvironment, timeout: timeout)
    } catch {
      switch error {
      case .notStarted(let reason): throw AWSError(.noCredentials, "\(place) cannot be run: \(reason)")
      case .timedOut: throw AWSError(.timedOut, "\(place) did not end within \(timeout.components.seconds) s")
      case .cancelled: throw AWSError(.shuttingDown, "\(place) was ended because its caller went away")
      case .tooMuchOutput: throw AWSError(.noCredentials, "\(place) prints more than credentials")
      case .failed(let status):
        throw AWSError(.noCredentials, "\(place) ended with \(status): run the command in a terminal to see why")
      }
    }
    return try decode(output)
  }

  /// The daemon's environment without `FEDBROKER_` variables.
  private var childEnvironment: [String: String] {
    environment.variables.filter { !$0.key.hasPrefix("FEDBROKER_") }
  }

  private func decode(_ output: Secret) throws(AWSError) -> AWSCredentials {
    guard let answer = try? SecretJSON(parsing: output), answer.isObject else {
      throw AWSError(.noCredentials, "\(place) did not print a JSON object")
    }
    guard answer["Version"]?.number == "1" else {
      throw AWSError(.noCredentials, "\(place) printed another Version than 1, the only one there is")
    }
    func required(_ name: String) throws(AWSError) -> Secret {
      guard let value = answer[name]?.secretString, !value.isEmpty else {
        throw AWSError(.noCredentials, "\(place) printed no \(name)")
      }
      return value
    }
    var expiration: Int64?
    if let text = answer["Expiration"] {
      expiration = text.string.flatMap(Timestamp.milliseconds)
      guard expiration != nil else {
        throw AWSError(.noCredentials, "\(place) printed an Expiration that is not a time")
      }
    }
    return AWSCredentials(
      accessKeyID: try required("AccessKeyId").exposed, secretAccessKey: try required("SecretAccessKey"),
      sessionToken: answer["SessionToken"]?.secretString.flatMap { $0.isEmpty ? nil : $0 }, expiration: expiration,
      source: place)
  }
}
