internal import Synchronization
internal import System

/// The AWS CLI's two files on disk, and what follows from them: read once, and again when they change.
///
/// Safe to use from any thread. No lock is held while reading: two callers at the same moment may both read.
package final class SharedConfigFiles: Sendable {
  private struct Parsed: Sendable {
    let path: String
    let stamp: FileStamp?
    let document: INIDocument

    func isSame(as other: Parsed) -> Bool { path == other.path && stamp == other.stamp }
  }

  private struct Cached: Sendable {
    let config: Parsed
    let credentials: Parsed
    let configuration: SharedConfiguration
    var plans: [ProfileName: Result<CredentialPlan, AWSError>] = [:]
  }

  private let environment: Environment
  private let cached = Mutex<Cached?>(nil)

  package init(environment: Environment) {
    self.environment = environment
  }

  /// What the files say now.
  ///
  /// A file that does not exist says nothing.
  ///
  /// Throws if a file cannot be read or parsed, with its name and the line.
  package func load() throws(AWSError) -> SharedConfiguration {
    try current().configuration
  }

  /// The plan for a profile, before any role of an instance; worked out once for each state of the files.
  ///
  /// Throws as `load` does, and where the profile was asked for and neither file has it.
  func plan(for profile: ProfileName) throws(AWSError) -> CredentialPlan {
    let current = try current()
    if let plan = current.plans[profile] { return try plan.get() }
    let planner = CredentialPlanner(environment: environment, configuration: current.configuration)
    let plan: Result<CredentialPlan, AWSError>
    do throws(AWSError) { plan = .success(try planner.plan(for: profile)) } catch { plan = .failure(error) }
    cached.withLock { cached in
      if let now = cached, now.config.isSame(as: current.config), now.credentials.isSame(as: current.credentials) {
        cached?.plans[profile] = plan
      }
    }
    return try plan.get()
  }

  private func current() throws(AWSError) -> Cached {
    let known = cached.withLock { $0 }
    let config = try current(path("AWS_CONFIG_FILE", credential: "aws-config", home: "config"), known?.config)
    let credentials = try current(
      path("AWS_SHARED_CREDENTIALS_FILE", credential: "aws-credentials", home: "credentials"), known?.credentials)
    if let known, known.config.isSame(as: config), known.credentials.isSame(as: credentials) { return known }
    let current = Cached(
      config: config, credentials: credentials,
      configuration: SharedConfiguration(
        config: config.document, credentials: credentials.document, configPath: config.path,
        credentialsPath: credentials.path))
    cached.withLock { $0 = current }
    return current
  }

  /// The files that count now, to be watched; they need not exist.
  package var paths: [String] {
    [
      path("AWS_CONFIG_FILE", credential: "aws-config", home: "config"),
      path("AWS_SHARED_CREDENTIALS_FILE", credential: "aws-credentials", home: "credentials"),
    ]
  }

  /// The variable's file, else the systemd credential (`LoadCredential=`), else the one in the home directory.
  private func path(_ variable: String, credential: String, home: String) -> String {
    if let path = environment[variable] { return PathExpansion.expand(path, environment) }
    if let directory = environment.nonEmpty("CREDENTIALS_DIRECTORY") {
      let path = "\(directory)/\(credential)"
      if FileStamp(of: path) != nil { return path }
    }
    return PathExpansion.expand("~/.aws/\(home)", environment)
  }

  private func current(_ path: String, _ known: Parsed?) throws(AWSError) -> Parsed {
    let stamp = FileStamp(of: path)
    if let known, known.path == path, known.stamp == stamp { return known }
    let contents: FileContents
    do {
      contents = try FileContents(path: path)
    } catch {
      // A pipe is not read: it gives what it holds once, and these files are read again and again.
      let isNone = stamp == nil && !FileContents.isPipe(path)
      guard !isNone else { return Parsed(path: path, stamp: nil, document: INIDocument()) }
      throw AWSError(.noCredentials, error.description)
    }
    do {
      return Parsed(path: path, stamp: contents.stamp, document: try INIDocument(parsing: contents.bytes))
    } catch {
      throw AWSError(.noCredentials, "\(path), line \(error.line): \(error.reason)")
    }
  }
}
