internal import Configuration
internal import LocalAPI
internal import LocalHTTP
internal import Secrets

/// What of a configuration can turn out to be impossible, had before any of it is put in force.
struct ServingPlan: Sendable {
  let effective: EffectiveConfiguration
  let policy: AccessGuard.Policy
  let listeners: Listeners
  let tokenFile: TokenFile
  let token: Secret

  /// - Parameters:
  ///   - effective: What is to be in force.
  ///   - current: The sockets that there are; new ones are bound beside them.
  init(_ effective: EffectiveConfiguration, current: Listeners) throws(StartError) {
    self.effective = effective
    let configuration = effective.configuration
    policy = try AccessGuard.Policy(configuration)
    tokenFile = TokenFile(path: configuration.tokenFile, group: try Self.tokenGroup(configuration))
    // A token is made only once the addresses are had: a second daemon must not touch the first one's.
    listeners = try Listeners(
      current, adaptedTo: configuration, hasDefaultAddresses: effective.isDefault("listen"), peers: policy.peers)
    do { token = try tokenFile.readOrCreate() } catch { throw StartError(error) }
  }

  var configuration: Configuration { effective.configuration }

  private static func tokenGroup(_ configuration: Configuration) throws(StartError) -> UInt32? {
    guard let name = configuration.tokenGroup else { return nil }
    guard let gid = UserDatabase.gid(of: name) else { throw .configuration("token_group: there is no group \(name)") }
    return gid
  }
}
