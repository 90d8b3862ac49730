/// Numbers of users that mean something to the kernel.
package enum UserID {
  /// The number that the kernel shows for a user of another user namespace who has none in ours (user_namespaces(7)):
  /// anybody.
  package static let overflow: UInt32 = 65_534
}
