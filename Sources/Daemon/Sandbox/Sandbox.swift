internal import CLinux
internal import Configuration
internal import Glibc
internal import Logging
internal import System

/// The daemon's own sandbox: Landlock for files, a filter for system calls.
///
/// What this process may do afterwards is less, for ever, and for its children too.
struct Sandbox: Sendable {
  /// The rules in force, which a reload cannot go beyond; `nil` where files are not restricted.
  let rules: SandboxRules?
  /// What is in force and what is not, for the log.
  private let metadata: Logger.Metadata
  /// Why a part is not in force, where nobody chose that.
  private let lack: String?

  /// Applies the rules to this process, as far as the kernel knows how to.
  ///
  /// To be called while the process has one thread: Landlock restricts the thread that asks, and those that it starts.
  static func apply(_ rules: SandboxRules) -> Sandbox {
    var lacks: [String] = []
    guard fedbroker_forbid_new_privileges() == 0 else {
      return Sandbox(rules: nil, metadata: [:], lack: "no_new_privs: \(SystemError.last("prctl").reason)")
    }
    var metadata: Logger.Metadata = [:]
    var rulesInForce: SandboxRules?
    if rules.runsPrograms {
      metadata["files"] = "not restricted, for credential_process"
    } else if threadCount > 1 {
      lacks.append("files: the process has other threads already")
    } else {
      do throws(SystemError) {
        let version = try Landlock.restrict(to: rules)
        metadata["files"] = "landlock \(version)"
        rulesInForce = rules
      } catch {
        lacks.append("files: Landlock: \(error.reason)")
      }
    }
    let failure = SystemCallFilter(allowsPrograms: rules.runsPrograms).apply()
    if failure == 0 {
      metadata["system_calls"] = "filtered"
    } else {
      lacks.append("system calls: seccomp: \(SystemError(call: "seccomp", code: failure).reason)")
    }
    return Sandbox(
      rules: rulesInForce, metadata: metadata, lack: lacks.isEmpty ? nil : lacks.joined(separator: "; "))
  }

  /// Says what is in force.
  func log(to logger: Logger) {
    if !metadata.isEmpty { logger.info("sandbox", metadata: metadata) }
    if let lack {
      logger.notice(
        "a part of the sandbox is missing: neither kernel nor service manager allow it",
        metadata: ["missing": "\(lack)"])
    }
  }

  private static var threadCount: Int {
    guard let directory = opendir("/proc/self/task") else { return 1 }
    defer { closedir(directory) }
    var count = -2
    while readdir(directory) != nil { count += 1 }
    return count
  }
}
