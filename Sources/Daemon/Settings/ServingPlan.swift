internal import Configuration
internal import LocalAPI
internal import LocalHTTP

/// The parts of a configuration that can fail, made before any of it is put in force.
struct ServingPlan: Sendable {
  let effective: EffectiveConfiguration
  let policy: AccessGuard.Policy
  let listeners: Listeners
  let rules: AccessRules?
  let tokenFiles: TokenFiles
  /// `nil` without a fleet.
  let fleet: FleetSettings?
  private let readTokens: [TokenFiles.Read]

  /// - Parameters:
  ///   - effective: The configuration to put in force.
  ///   - current: The open sockets; further ones are bound beside them.
  init(_ effective: EffectiveConfiguration, current: Listeners) throws(StartError) {
    self.effective = effective
    let configuration = effective.configuration
    policy = try AccessGuard.Policy(configuration)
    rules = try AccessRules.rules(of: configuration)
    fleet = try FleetSettings(effective)
    tokenFiles = try TokenFiles(configuration)
    // The tokens are made only after all addresses are bound: a second daemon must not touch the first one's files.
    listeners = try Listeners(
      current, adaptedTo: configuration, hasDefaultAddresses: effective.isDefault("listen"), peers: policy.peers)
    try Self.checkAudit(configuration.audit)
    do { readTokens = try tokenFiles.readOrCreate() } catch { throw StartError(error) }
  }

  /// Returns the tokens, and from when on what was signed with each counts.
  ///
  /// A token that this process made has no past. Another one keeps what `former` says of it; what is new to this process
  /// may have been seen by other programs before `second`, since the epoch, when this process had all of its addresses.
  func tokens(since second: Int64, after former: BearerTokens?) -> BearerTokens {
    BearerTokens(
      readTokens.map { read in
        let known = former?.token(named: read.name)
        let earliest = read.isNew ? nil : known?.secret == read.secret ? known?.earliestSignature : second
        return BearerToken(read.name, read.secret, earliestSignature: earliest)
      })
  }

  /// Throws where the audit log is required and cannot be opened; one that is not is opened again for each line.
  private static func checkAudit(_ audit: Configuration.Audit) throws(StartError) {
    guard audit.required, let destination = audit.destination else { return }
    do { try AuditLog.check(destination) } catch { throw StartError(opening: "audit.file", error) }
  }

  var configuration: Configuration { effective.configuration }
}
