internal import System

/// Loads a configuration from its flags, variables and file.
package enum ConfigurationLoader {
  /// The file that is read where none is named.
  package static let defaultFile = "/etc/fedbroker/fedbroker.toml"

  /// Loads what `flags`, `environment` and the file say, and reports all problems at once.
  ///
  /// The file is the one that `--config` or `FEDBROKER_CONFIG` names, which must exist, else `defaultFile` if it does.
  /// An environment variable that is empty counts as not set. Users and groups that are named are looked up in `accounts`;
  /// not at all without. Safe to call from any thread, and again for a reload.
  package static func load(
    flags: FlagOverrides, environment: [String: String], defaultFile: String = Self.defaultFile,
    accounts: Accounts? = nil
  ) throws(ConfigurationError) -> EffectiveConfiguration {
    let paths = RuntimePaths(environment: environment)
    let environment = environment.filter { !$0.value.isEmpty }
    let named = flags.config ?? environment["FEDBROKER_CONFIG"]
    let path = named ?? defaultFile
    var problems: [String] = []
    var document: [ConfigurationValue.Member] = []
    var lines = KeyLines()
    do throws(ConfigurationError) { (document, lines) = try read(path, mustExist: named != nil) } catch {
      problems += error.problems
    }
    var reader = SettingReader(
      flags: flags, environment: environment, file: path.printable, document: document, lines: lines)
    var configuration = Configuration(&reader, paths)
    reader.refuseUnknownKeys()
    problems += reader.problems
    var check = ConsistencyCheck(reader.settings)
    check.addListedInstances(to: &configuration)
    check.check(configuration)
    if let accounts { check.checkAccounts(configuration, accounts) }
    problems += check.problems
    guard problems.isEmpty else { throw ConfigurationError(problems) }
    return EffectiveConfiguration(
      configuration: configuration, settings: check.settings, warnings: misspeltVariables(environment) + check.warnings)
  }

  /// Returns the path of the file that is read.
  package static func path(flags: FlagOverrides, environment: [String: String]) -> String {
    flags.config ?? environment["FEDBROKER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 } ?? defaultFile
  }

  private static func read(
    _ path: String, mustExist: Bool
  ) throws(ConfigurationError) -> (members: [ConfigurationValue.Member], lines: KeyLines) {
    guard let bytes = try ConfigurationFile.read(path) else {
      if mustExist { throw ConfigurationError(["\(path.printable): there is no such file"]) }
      return ([], KeyLines())
    }
    do throws(TOMLDocument.SyntaxError) {
      return try TOMLDocument.parse(bytes)
    } catch {
      throw ConfigurationError(["\(path.printable):\(error.position): syntax: \(error.reason)"])
    }
  }

  /// Returns a warning for each variable that looks like one of ours with a typing error in it.
  ///
  /// Others that start with `FEDBROKER_` are left alone: Kubernetes makes `FEDBROKER_SERVICE_HOST` and more for a
  /// service of that name.
  private static func misspeltVariables(_ environment: [String: String]) -> [String] {
    let known = Configuration.keys.compactMap(\.environmentName) + ["FEDBROKER_CONFIG", "FEDBROKER_BROKER"]
    return environment.keys.sorted().compactMap { name in
      guard name.hasPrefix("FEDBROKER_"), !known.contains(name) else { return nil }
      return Suggestion.closest(to: name, among: known).map {
        "environment variable \(name.excerpt) is ignored (did you mean \($0)?)"
      }
    }
  }
}
