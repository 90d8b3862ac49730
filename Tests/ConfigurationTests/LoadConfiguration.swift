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
      let origins = loaded.origins.mapValues { $0 == .file(path) ? .file("FILE") : $0 }
      return EffectiveConfiguration(
        configuration: loaded.configuration, origins: origins, warnings: loaded.warnings)
    } catch {
      throw ConfigurationError(error.problems.map { $0.replacing(path, with: "FILE") })
    }
  }
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
