internal import Configuration
internal import Glibc
internal import LocalAPI

extension AccessGuard.Policy {
  /// Throws if a user or group does not exist: without it, callers that the configuration means to admit would be
  /// refused.
  init(_ configuration: Configuration) throws(StartError) {
    self.init()
    allowedHosts = Set(configuration.allowedHosts)
    allowedOrigins = Set(configuration.allowedOrigins)
    peers.uids = [geteuid(), 0]
    for user in configuration.socketUsers {
      guard let uid = UserDatabase.uid(of: user) else {
        throw .configuration("socket_users: there is no user \(user)")
      }
      peers.uids.insert(uid)
    }
    for group in configuration.socketGroups {
      guard let gid = UserDatabase.gid(of: group) else {
        throw .configuration("socket_groups: there is no group \(group)")
      }
      peers.gids.insert(gid)
    }
  }
}
