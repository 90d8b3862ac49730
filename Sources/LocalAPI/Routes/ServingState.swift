package import Secrets

/// What requests are answered by: a reload or a new token file replaces it as one value, so that no request sees half of
/// a change.
package final class ServingState: Sendable {
  package let accessGuard: AccessGuard
  package let token: Secret
  package let directory: InstanceDirectory
  /// The first second, since the epoch, that began after this process had begun to listen: a request that was signed
  /// before it may have been seen by another program, which had the port then.
  ///
  /// `nil` where there was nothing to sign with before: this process made the token itself, after it had all its
  /// addresses. It is a reading of the wall clock of that time, as the dates of signatures are: where the clock is set
  /// back behind it, signatures count again when it is reached.
  package let earliestSignature: Int64?

  package init(
    accessGuard: AccessGuard, token: Secret, directory: InstanceDirectory, earliestSignature: Int64? = nil
  ) {
    self.accessGuard = accessGuard
    self.token = token
    self.directory = directory
    self.earliestSignature = earliestSignature
  }

  /// Returns the same for another directory of instances.
  package func with(_ directory: InstanceDirectory) -> ServingState {
    ServingState(
      accessGuard: accessGuard, token: token, directory: directory, earliestSignature: earliestSignature)
  }
}
