/// Looks up the users and groups that a configuration names.
package struct Accounts: Sendable {
  /// Returns the number of a user, given as a name or as a number; `nil` where there is none.
  package let uid: @Sendable (String) -> UInt32?
  /// Returns the number of a group likewise.
  package let gid: @Sendable (String) -> UInt32?

  package init(uid: @escaping @Sendable (String) -> UInt32?, gid: @escaping @Sendable (String) -> UInt32?) {
    self.uid = uid
    self.gid = gid
  }

  /// The user database of this machine.
  package static let system = Accounts(uid: UserDatabase.uid, gid: UserDatabase.gid)
}
