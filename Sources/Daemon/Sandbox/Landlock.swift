internal import CLinux
internal import Glibc
internal import System

/// The kernel's restriction of files for unprivileged processes (landlock(7)).
enum Landlock {
  // Of linux/landlock.h, by the version that brought them.
  private static let execute: UInt64 = 1 << 0
  private static let writeFile: UInt64 = 1 << 1
  private static let readFile: UInt64 = 1 << 2
  private static let readDirectory: UInt64 = 1 << 3
  private static let removeDirectory: UInt64 = 1 << 4
  private static let removeFile: UInt64 = 1 << 5
  private static let makeDirectory: UInt64 = 1 << 7
  private static let makeRegular: UInt64 = 1 << 8
  private static let makeSocket: UInt64 = 1 << 9
  private static let version1: UInt64 = (1 << 13) - 1
  private static let refer: UInt64 = 1 << 13
  private static let truncate: UInt64 = 1 << 14
  private static let controlDevice: UInt64 = 1 << 15
  private static let signals: UInt64 = 1 << 1

  /// Restricts this thread, and those that it starts, and returns the version of the kernel's Landlock.
  ///
  /// Whatever the rules do not name is neither read, written nor executed. Open files stay open.
  static func restrict(to rules: SandboxRules) throws(SystemError) -> Int32 {
    let version = try SystemError.check("landlock_create_ruleset") { fedbroker_landlock_version() }
    var handled = version1
    if version >= 2 { handled |= refer }
    if version >= 3 { handled |= truncate }
    if version >= 5 { handled |= controlDevice }
    // Nor are processes outside sent signals.
    let ruleset = try SystemError.check("landlock_create_ruleset") {
      fedbroker_landlock_create(version, handled, version >= 6 ? signals : 0)
    }
    defer { close(ruleset) }
    let reading = readFile | readDirectory
    let replacing =
      reading | writeFile | removeFile | makeRegular | makeSocket | makeDirectory | removeDirectory | refer | truncate
    for path in rules.readable.keys { try allow(path, reading, in: ruleset) }
    for path in rules.writable.keys { try allow(path, replacing & handled, in: ruleset) }
    // Where programs are not executed, /dev/null is for what the C library opens.
    try allow("/dev/null", writeFile, in: ruleset)
    try SystemError.check("landlock_restrict_self") { fedbroker_landlock_restrict(ruleset) }
    return version
  }

  private static func allow(_ path: String, _ rights: UInt64, in ruleset: Int32) throws(SystemError) {
    let ofFiles = execute | writeFile | readFile | truncate | controlDevice
    try SystemError.check("landlock_add_rule") { fedbroker_landlock_allow(ruleset, path, rights, ofFiles) }
  }
}
