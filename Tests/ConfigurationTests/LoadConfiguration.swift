import Glibc
import Testing

@testable import Configuration

/// Loads `toml` as the file that `--config` names, which messages and origins then call `FILE`.
func load(
  _ toml: String = "", flags: FlagOverrides = FlagOverrides(), environment: [String: String] = ["HOME": "/home/sam"]
) throws -> EffectiveConfiguration {
  try load(bytes: Array(toml.utf8), flags: flags, environment: environment)
}

func load(
  bytes: [UInt8], flags: FlagOverrides = FlagOverrides(), environment: [String: String] = ["HOME": "/home/sam"]
) throws -> EffectiveConfiguration {
  try withTemporaryFile(bytes) { path in
    var flags = flags
    flags.config = path
    do throws(ConfigurationError) {
      let loaded = try ConfigurationLoader.load(flags: flags, environment: environment)
      let settings = loaded.settings.map { setting in
        var setting = setting
        if setting.origin == .file(path) { setting.origin = .file("FILE") }
        return setting
      }
      return EffectiveConfiguration(
        configuration: loaded.configuration, settings: settings, warnings: loaded.warnings)
    } catch {
      throw ConfigurationError(error.problems.map { $0.replacing(path, with: "FILE") })
    }
  }
}

extension EffectiveConfiguration {
  /// The origins of the keys that have another value than the default's.
  var origins: [String: Setting.Origin] {
    Dictionary(uniqueKeysWithValues: settings.filter { $0.origin != .byDefault }.map { ($0.name, $0.origin) })
  }
}

/// The configuration that no source says anything about, in an environment with a runtime directory.
func defaults(_ environment: [String: String] = ["RUNTIME_DIRECTORY": "/run/fedbroker"]) -> [Setting] {
  var reader = SettingReader()
  _ = Configuration(&reader, RuntimePaths(environment: environment))
  return reader.settings
}

/// An instance of which only the alias is known.
func instance(_ alias: String) -> Configuration.Instance {
  var reader = SettingReader()
  return Configuration.Instance(alias: alias, &reader)
}

/// What is wrong with `toml`; empty when it loads.
func problems(
  _ toml: String = "", flags: FlagOverrides = FlagOverrides(), environment: [String: String] = ["HOME": "/home/sam"]
) throws -> [String] {
  do {
    _ = try load(toml, flags: flags, environment: environment)
    return []
  } catch let error as ConfigurationError {
    return error.problems
  }
}

func withTemporaryFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/fedbroker-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  try #require(descriptor >= 0)
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { unlink(path) }
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    try #require(count > 0)
    written += count
  }
  close(descriptor)
  return try body(path)
}
