internal import Configuration
internal import LocalAPI
internal import LocalHTTP
internal import Secrets

/// The parts of a configuration that can fail, made before any of it is put in force.
struct ServingPlan: Sendable {
  let effective: EffectiveConfiguration
  let policy: AccessGuard.Policy
  let listeners: Listeners
  let tokenFile: TokenFile
  let token: Secret
  /// Whether this process made the token, so that nothing was signed with it before.
  let isTokenNew: Bool

  /// - Parameters:
  ///   - effective: The configuration to put in force.
  ///   - current: The open sockets; further ones are bound beside them.
  init(_ effective: EffectiveConfiguration, current: Listeners) throws(StartError) {
    self.effective = effective
    let configuration = effective.configuration
    policy = try AccessGuard.Policy(configuration)
    tokenFile = TokenFile(path: configuration.tokenFile, group: try Self.tokenGroup(configuration))
    // The token is made only after all addresses are bound: a second daemon must not touch the first one's file.
    listeners = try Listeners(
      current, adaptedTo: configuration, hasDefaultAddresses: effective.isDefault("listen"), peers: policy.peers)
    var made: Secret?
    do { token = try tokenFile.readOrCreate(made: &made) } catch { throw StartError(error) }
    isTokenNew = made == token
  }

  var configuration: Configuration { effective.configuration }

  private static func tokenGroup(_ configuration: Configuration) throws(StartError) -> UInt32? {
    guard let name = configuration.tokenGroup else { return nil }
    guard let gid = UserDatabase.gid(of: name) else { throw .configuration("token_group: there is no group \(name)") }
    return gid
  }
}
