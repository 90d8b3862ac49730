internal import CLinux
internal import Glibc

/// What the process gives up before it holds a secret.
package enum ProcessHardening {
  package static func apply() {
    // Neither a core file nor another process of the same user shall see the memory (prctl(2), proc(5)).
    fedbroker_forbid_dumps()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    // Swift's own handler of a crash, where it finds its helper program, would print stack and memory to the log; with
    // dumps forbidden the helper sees nothing, and the handler waits for it for ever.
    for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    // A client that goes away while it is answered is an error of that write.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Allows as many descriptors as the hard limit does: the usual soft limit of 1,024 is below the connection cap.
  package static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
