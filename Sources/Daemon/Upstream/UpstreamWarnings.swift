internal import AWS
internal import Clocks
package import Configuration
internal import LocalAPI

/// What a person should know of the way to AWS before the first call, one line each.
package enum UpstreamWarnings {
  /// Looks at the environment and the AWS files, and asks instance metadata where nothing else gives a warm instance a
  /// region or credentials.
  package static func all(_ configuration: Configuration, environment: [String: String]) async -> [String] {
    guard !configuration.emulate, let clock = try? SystemClock() else { return [] }
    var upstream = Upstream(
      Upstream.Settings(configuration), environment: environment, clock: clock, metrics: Metrics())
    upstream.machineRegion = await upstream.neededMachineRegion(for: configuration.instances)
    var warnings = upstream.proxyProblems
    for entry in upstream.directory(of: configuration.instances).entries where entry.isWarm && entry.key == nil {
      warnings.append(
        "\(entry.alias): it is warm, but has no region: set region of the instance, --region, AWS_REGION or region of the"
          + " profile")
    }
    guard !configuration.noSignRequest else { return warnings }
    for instance in configuration.instances where instance.warm {
      if let problem = await upstream.credentialProblem(of: instance) {
        warnings.append("\(instance.alias): it is warm, but has no credentials: \(problem.message)")
      }
    }
    return warnings
  }
}
