internal import AWS
internal import Clocks
package import Configuration
internal import LocalAPI

/// What `fedbroker check-config` says of a configuration beside the AWS files of the machine.
package struct ConfigurationAdvice: Sendable {
  /// What is probably a mistake.
  package private(set) var warnings: [String] = []

  private let effective: EffectiveConfiguration
  private var configuration: Configuration { effective.configuration }

  /// Looks at the environment and the AWS files, and asks instance metadata where nothing else gives a warm instance a
  /// region or credentials.
  package init(_ effective: EffectiveConfiguration, environment: [String: String]) async throws(StartError) {
    self.effective = effective
    guard !configuration.emulate else { return }
    checkRegions()
    let clock: SystemClock
    do { clock = try SystemClock() } catch { throw StartError(error) }
    var upstream = Upstream(
      Upstream.Settings(configuration), environment: environment, clock: clock, metrics: Metrics())
    upstream.machineRegion = await upstream.neededMachineRegion(for: configuration.instances)
    warnings += upstream.proxyProblems
    checkProfiles(SharedConfigFiles(environment: AWS.Environment(environment)))
    await checkWarmInstances(upstream)
  }

  private mutating func checkRegions() {
    checkRegion(configuration.region, of: "region")
    for instance in configuration.instances where instance.endpointURL ?? configuration.endpointURL == nil {
      checkRegion(instance.region, of: "instances.\(instance.alias).region")
      checkRegion(Region.named(inARN: instance.id), of: "instances.\(instance.alias).id")
    }
  }

  private mutating func checkRegion(_ region: String?, of key: String) {
    guard let region, !Region.known.contains(region) else { return }
    let meant = Suggestion.closest(to: region, among: Region.known).map { "did you mean \($0)?" }
    warnings.append(
      "\(effective.place(of: key)): \(region) is in no AWS partition that this version knows; "
        + (meant ?? "a region is named like us-west-2, without the letter of a zone"))
  }

  private mutating func checkWarmInstances(_ upstream: Upstream) async {
    for entry in upstream.directory(of: configuration.instances).entries where entry.isWarm && entry.key == nil {
      warnings.append(
        "\(placeOfWarm(entry.alias)): it is warm, but has no region: set region of the instance, --region, AWS_REGION or"
          + " region of the profile")
    }
    guard !configuration.noSignRequest else { return }
    for instance in configuration.instances where instance.warm {
      if let problem = await upstream.credentialProblem(of: instance) {
        warnings.append("\(placeOfWarm(instance.alias)): it is warm, but has no credentials: \(problem.message)")
      }
    }
  }

  private func placeOfWarm(_ alias: String) -> String {
    "\(effective.place(of: "instances.\(alias).warm", fallback: "instance_id")): \(alias)"
  }

  private mutating func checkProfiles(_ files: SharedConfigFiles) {
    let shared: SharedConfiguration
    do throws(AWSError) { shared = try files.load() } catch {
      warnings.append(error.message)
      return
    }
    let named =
      [("profile", configuration.profile)]
      + configuration.instances.map { ("instances.\($0.alias).profile", $0.profile) }
    for (key, profile) in named {
      guard let profile, shared.profile(profile) == nil else { continue }
      let meant = Suggestion.closest(to: profile, among: shared.profileNames.sorted()).map { "; did you mean \($0)?" }
      warnings.append(
        "\(effective.place(of: key)) = \"\(profile)\": neither \(shared.configPath) nor \(shared.credentialsPath) has this"
          + " profile\(meant ?? "; a service may have other files than you")")
    }
    warnings += shared.misplacedSections
  }
}
