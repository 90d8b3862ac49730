/// Puts a configuration together: flag before environment before file before default.
///
/// Each source is checked in full, also where another one overrides it, and all problems are reported at once.
package struct ConfigurationLoader {
  package static let defaultFile = "/etc/fedbroker/fedbroker.toml"

  var configuration: Configuration
  var findings = ConfigurationFindings()

  /// Loads what `flags`, `environment` and the file say.
  ///
  /// The file is the one that `--config` or `FEDBROKER_CONFIG` names, which must exist, else `defaultFile` if it does.
  /// An environment variable that is empty counts as not set. Safe to call from any thread, and again for a reload.
  package static func load(
    flags: FlagOverrides, environment: [String: String], defaultFile: String = Self.defaultFile
  ) throws(ConfigurationError) -> EffectiveConfiguration {
    let paths = RuntimePaths(environment: environment)
    let environment = environment.filter { !$0.value.isEmpty }
    var loader = ConfigurationLoader(
      configuration: Configuration(listen: paths.listen, tokenFile: paths.tokenFile ?? ""))
    let named = flags.config ?? environment["FEDBROKER_CONFIG"]
    loader.applyFile(named ?? defaultFile, mustExist: named != nil)
    loader.applyEnvironment(environment)
    loader.applyFlags(flags)
    loader.addListedInstances()
    loader.checkConsistency()
    guard loader.findings.problems.isEmpty else { throw ConfigurationError(loader.findings.problems) }
    return EffectiveConfiguration(
      configuration: loader.configuration, origins: loader.findings.origins, warnings: misspeltVariables(environment))
  }

  private mutating func applyEnvironment(_ environment: [String: String]) {
    for key in Configuration.keys {
      guard let name = key.environmentName, let text = environment[name] else { continue }
      findings.assign(.raw(text), to: key, of: &configuration, path: key.name, from: .environment(name))
    }
  }

  private mutating func applyFlags(_ flags: FlagOverrides) {
    for key in Configuration.keys {
      guard let name = key.flagName, let value = key.flag?.read(flags) else { continue }
      findings.assign(value, to: key, of: &configuration, path: key.name, from: .flag(name))
    }
  }

  /// Variables that look like one of ours with a slip in it.
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
