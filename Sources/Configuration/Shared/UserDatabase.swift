package import Glibc

/// Turns the user and group names of a configuration into the numbers that the kernel knows.
package enum UserDatabase {
  /// Returns the number of a user, given as a name or as a number.
  package static func uid(of user: String) -> uid_t? {
    if let number = uid_t(user) { return number }
    return entry { buffer, size in
      var record = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let status = getpwnam_r(user, &record, buffer, size, &found)
      return (status, found.map { $0.pointee.pw_uid })
    }
  }

  /// Returns the number of a group, given as a name or as a number.
  package static func gid(of group: String) -> gid_t? {
    if let number = gid_t(group) { return number }
    return entry { buffer, size in
      var record = Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      let status = getgrnam_r(group, &record, buffer, size, &found)
      return (status, found.map { $0.pointee.gr_gid })
    }
  }

  /// Returns the name of a user.
  ///
  /// Throws where the database cannot be asked now; `nil` is its answer that there is no such user.
  package static func name(of uid: uid_t) throws(Unavailable) -> String? {
    var name: String?
    let found = entry { buffer, size in
      var record = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let status = getpwuid_r(uid, &record, buffer, size, &found)
      name = found.flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
      return (status, status == 0 ? found?.pointee.pw_uid ?? uid : nil)
    }
    guard found != nil else { throw Unavailable() }
    return name
  }

  /// Returns the groups of a user; none where the database has no such user, or cannot be asked.
  package static func groups(of uid: uid_t) -> [gid_t] {
    var account: (name: String, gid: gid_t)?
    _ = entry { buffer, size in
      var record = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let status = getpwuid_r(uid, &record, buffer, size, &found)
      account = found.map { (String(cString: $0.pointee.pw_name), $0.pointee.pw_gid) }
      return (status, account?.gid)
    }
    guard let account else { return [] }
    // The most that Linux allows a user (NGROUPS_MAX).
    let most: Int32 = 65_536
    var count: Int32 = 64
    while count <= most {
      var groups = [gid_t](repeating: 0, count: Int(count))
      let capacity = count
      if getgrouplist(account.name, account.gid, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
      count = max(count, capacity * 2)
    }
    return []
  }

  /// A directory service does not answer.
  package struct Unavailable: Error {}

  /// Asks with larger and larger buffers, since a group can have any number of members.
  private static func entry(
    _ ask: (_ buffer: UnsafeMutablePointer<CChar>, _ size: Int) -> (status: Int32, number: UInt32?)
  ) -> UInt32? {
    var size = 4096
    while size <= 16 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let (status, number) = ask(buffer, size)
      guard status == ERANGE else { return number }
      size *= 4
    }
    return nil
  }
}
