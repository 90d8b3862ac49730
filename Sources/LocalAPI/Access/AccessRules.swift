package import Configuration
internal import LocalHTTP

/// Who of the admitted callers may do what: the rules of `[[access]]`.
///
/// Pure. Admission comes first (`AccessGuard`): rules give less than everything to those whom it admits, and admit nobody.
package final class AccessRules: Sendable, Equatable {
  /// One table of `[[access]]`, its users and groups as numbers.
  package struct Rule: Sendable, Equatable {
    /// Whom the rule is for: those whom any of the three names, or everyone where all are `nil`.
    package var uids: Set<UInt32>?
    package var gids: Set<UInt32>?
    package var tokens: Set<String>?
    /// Aliases and ids; `nil` stands for all.
    package var instances: Set<String>?
    package var sessionNames: [SessionNamePattern]?
    package var may: Set<AccessRight>

    package init(may: Set<AccessRight> = Set(AccessRight.allCases)) {
      self.may = may
    }

    /// Returns whether the rule names a user, or a group of it.
    fileprivate func names(_ uid: UInt32, gids: [UInt32]) -> Bool {
      uids?.contains(uid) == true || self.gids.map { own in gids.contains(where: own.contains) } ?? false
    }

    fileprivate func isFor(_ caller: Caller, gids: [UInt32]) -> Bool {
      if self.uids == nil, self.gids == nil, tokens == nil { return true }
      if let uid = caller.uid, uids?.contains(uid) == true { return true }
      if caller.uid != nil, let own = self.gids, gids.contains(where: own.contains) { return true }
      return caller.token.map { tokens?.contains($0) == true } ?? false
    }
  }

  private let rules: [Rule]
  /// The users who may do everything.
  private let unrestricted: Set<UInt32>
  /// Whether the groups of a caller matter.
  let asksForGroups: Bool
  /// Whether the user name of a caller matters.
  let asksForName: Bool

  /// `owner` is the daemon's own user, who may do everything, as root may.
  package init(_ rules: [Rule], owner: UInt32) {
    self.rules = rules
    unrestricted = [0, owner]
    asksForGroups = rules.contains { $0.gids != nil }
    asksForName = rules.contains { $0.sessionNames?.contains(where: \.namesPeer) == true }
  }

  package static func == (left: AccessRules, right: AccessRules) -> Bool {
    left === right || left.rules == right.rules && left.unrestricted == right.unrestricted
  }

  /// Returns whether a user may do everything, whatever the rules say.
  func isUnrestricted(_ uid: UInt32?) -> Bool { uid.map(unrestricted.contains) ?? false }

  /// Returns whether a rule names a user, or a group of it.
  func name(_ uid: UInt32, gids: [UInt32]) -> Bool {
    rules.contains { $0.names(uid, gids: gids) }
  }

  /// Returns what a caller may do: all that any rule for it gives.
  ///
  /// - Parameters:
  ///   - gids: The caller's groups.
  ///   - name: The caller's user name, for patterns with `{peer}`.
  func grants(to caller: Caller, gids: [UInt32] = [], name: String? = nil) -> Grants {
    guard !isUnrestricted(caller.uid) else { return .everything }
    return Grants(rules: rules.filter { $0.isFor(caller, gids: gids) }, peer: caller.uid == nil ? nil : name)
  }
}

/// What one caller may do.
struct Grants: Sendable {
  static let everything = Grants(rules: nil, peer: nil)

  /// The rules for the caller; `nil` stands for everything.
  private let rules: [AccessRules.Rule]?
  /// The caller's user name.
  private let peer: String?

  fileprivate init(rules: [AccessRules.Rule]?, peer: String?) {
    self.rules = rules
    self.peer = peer
  }

  var isEverything: Bool { rules == nil }

  /// Returns whether any instance is given for `right`.
  func give(_ right: AccessRight) -> Bool { rules?.contains { $0.may.contains(right) } ?? true }

  /// Returns whether `right` is given whatever the instance and the session name.
  func giveOnEverything(_ right: AccessRight) -> Bool {
    rules?.contains { $0.may.contains(right) && $0.instances == nil && $0.sessionNames == nil } ?? true
  }

  /// Returns whether an instance, by any of its names, is given for `right`, perhaps for some session names only.
  func give(_ right: AccessRight, instance names: some Sequence<String>) -> Bool {
    rules?.contains { $0.may.contains(right) && $0.gives(names) } ?? true
  }

  /// Returns whether an instance is given for `right` with any session name, and without one.
  func giveAllSessionNames(_ right: AccessRight, instance names: some Sequence<String>) -> Bool {
    rules?.contains { $0.may.contains(right) && $0.sessionNames == nil && $0.gives(names) } ?? true
  }

  /// Returns whether the token of a session name is given for `right`.
  ///
  /// A rule with session names gives no token without one: whose it is would be the credentials' choice.
  func give(_ right: AccessRight, instance names: some Sequence<String>, sessionName: String?) -> Bool {
    guard let rules else { return true }
    return rules.contains { rule in
      guard rule.may.contains(right), rule.gives(names) else { return false }
      guard let patterns = rule.sessionNames else { return true }
      return sessionName.map { name in patterns.contains { $0.allows(name, peer: peer) } } ?? false
    }
  }
}

extension AccessRules.Rule {
  fileprivate func gives(_ names: some Sequence<String>) -> Bool {
    instances.map { instances in names.contains(where: instances.contains) } ?? true
  }
}
