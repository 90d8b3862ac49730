package import Configuration
internal import Synchronization

/// What requests are answered by: a reload or a new token file replaces it as one value, so that no request sees half of
/// a change.
package final class ServingState: Sendable {
  package let accessGuard: AccessGuard
  package let tokens: BearerTokens
  /// `nil` gives every admitted caller everything.
  package let rules: AccessRules?
  package let audit: Configuration.Audit
  package let directory: InstanceDirectory
  /// The configuration that all of it follows from, for those who ask what is in force.
  package let effective: EffectiveConfiguration
  /// Whether there is an audit log.
  let isAudited: Bool
  /// Whether it matters who an admitted caller is.
  let asksWho: Bool
  /// Tells states apart.
  let number = ServingState.numbers.add(1, ordering: .relaxed).newValue

  private static let numbers = Atomic<UInt64>(0)

  package init(
    accessGuard: AccessGuard, tokens: BearerTokens, rules: AccessRules? = nil, audit: Configuration.Audit = .none,
    directory: InstanceDirectory, effective: EffectiveConfiguration
  ) {
    self.accessGuard = accessGuard
    self.tokens = tokens
    self.rules = rules
    self.audit = audit
    isAudited = audit.destination != nil
    asksWho = rules != nil || isAudited
    self.directory = directory
    self.effective = effective
  }

  /// Returns the same with other tokens.
  package func with(tokens: BearerTokens) -> ServingState {
    ServingState(
      accessGuard: accessGuard, tokens: tokens, rules: rules, audit: audit, directory: directory, effective: effective)
  }

  /// Returns the same with another directory.
  package func with(directory: InstanceDirectory) -> ServingState {
    ServingState(
      accessGuard: accessGuard, tokens: tokens, rules: rules, audit: audit, directory: directory, effective: effective)
  }
}
