package import Secrets

/// How a store is reached.
package struct StoreSettings: Sendable, Equatable {
  package let address: ServerAddress
  /// The ACL user; `nil` stands for the server's default user.
  package var user: String?
  /// A file of PEM certificates trusted instead of the system's.
  package var caBundle: String?
  /// Milliseconds in which one step is answered, and in which a connection is made.
  package var timeout: Int64 = 250

  package init(address: ServerAddress) {
    self.address = address
  }
}

/// Gives the password for each new connection, so that one that has changed is used; `nil` for none.
///
/// Throws, in words for people, if there should be one and it cannot be had.
package typealias PasswordSource = @Sendable () throws(StoreError) -> Secret?
