internal import LocalHTTP

/// A caller as rules, budgets and the audit log know it.
package struct Caller: Sendable, Hashable {
  /// The user, as the kernel says; `nil` stands for nobody: the kernel does not know it, or was not asked.
  package let uid: UInt32?
  /// The name of the bearer token that it brought or signed with; `nil` on a unix socket.
  package let token: String?

  package init(uid: UInt32?, token: String?) {
    self.uid = uid
    self.token = token
  }
}
