internal import Synchronization
internal import System

/// The AWS CLI's two files on disk, read once and again when they change.
///
/// Safe to use from any thread. No lock is held while reading: two callers at the same moment may both read.
package final class SharedConfigFiles: Sendable {
  private struct Parsed: Sendable {
    let path: String
    let stamp: FileStamp?
    let document: INIDocument
  }

  private struct Cached: Sendable {
    var config: Parsed?
    var credentials: Parsed?
  }

  private let environment: Environment
  private let cached = Mutex(Cached())

  package init(environment: Environment) {
    self.environment = environment
  }

  /// What the files say now.
  ///
  /// A file that does not exist says nothing.
  ///
  /// Throws where a file cannot be read or parsed, with its name and the line.
  package func load() throws(CredentialError) -> SharedConfiguration {
    let known = cached.withLock { $0 }
    let config = try current(path("AWS_CONFIG_FILE", credential: "aws-config", home: "config"), known.config)
    let credentials = try current(
      path("AWS_SHARED_CREDENTIALS_FILE", credential: "aws-credentials", home: "credentials"), known.credentials)
    cached.withLock { $0 = Cached(config: config, credentials: credentials) }
    return SharedConfiguration(
      config: config.document, credentials: credentials.document, configPath: config.path,
      credentialsPath: credentials.path)
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

  private func current(_ path: String, _ known: Parsed?) throws(CredentialError) -> Parsed {
    let stamp = FileStamp(of: path)
    if let known, known.path == path, known.stamp == stamp { return known }
    guard stamp != nil else { return Parsed(path: path, stamp: nil, document: INIDocument()) }
    let contents: FileContents
    do { contents = try FileContents(path: path) } catch { throw CredentialError(error.description) }
    do {
      return Parsed(path: path, stamp: contents.stamp, document: try INIDocument(parsing: contents.bytes))
    } catch {
      throw CredentialError("\(path), line \(error.line): \(error.reason)")
    }
  }
}
