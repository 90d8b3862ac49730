package import Secrets

/// What requests are answered by: a reload or a new token file replaces it as one value, so that no request sees half of
/// a change.
package final class ServingState: Sendable {
  package let accessGuard: AccessGuard
  package let token: Secret
  package let directory: InstanceDirectory

  package init(accessGuard: AccessGuard, token: Secret, directory: InstanceDirectory) {
    self.accessGuard = accessGuard
    self.token = token
    self.directory = directory
  }
}
