internal import CLinux
internal import Glibc

/// Restrictions that the process applies before it holds a secret.
package enum ProcessHardening {
  /// Keeps other processes of the same user from memory and environment (prctl(2), proc(5)): the first thing to do, since
  /// credentials may be in the environment.
  ///
  /// A program that this process becomes by execve(2) is not affected.
  package static func forbidReading() {
    fedbroker_forbid_dumps()
  }

  /// Forbids core files and dumps, and resets the handlers of crashes.
  package static func apply() {
    forbidReading()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    // Swift's own handler of a crash, where it finds its helper program, would print stack and memory to the log; with
    // dumps forbidden the helper sees nothing, and the handler waits for it for ever.
    for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    // A client that disconnects while it is answered causes an error of that write instead.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Raises the limit of open descriptors to the hard limit: the usual soft limit of 1,024 is below the connection cap.
  package static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
