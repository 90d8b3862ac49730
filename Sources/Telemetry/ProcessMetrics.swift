internal import Clocks
internal import Glibc
internal import Secrets
internal import System

/// What Prometheus' own client libraries tell of each process, under the same names.
///
/// Source: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics.
package enum ProcessMetrics {
  /// What the kernel does not tell is left out.
  package static func write(to text: inout MetricsText) {
    text.metric(
      "process_cpu_seconds_total", .counter, "Processor time used, in seconds.", KernelClock.processorSeconds)
    if let status = Status((try? FileContents(path: "/proc/self/stat"))?.bytes.exposed) {
      text.metric(
        "process_resident_memory_bytes", .gauge, "Resident memory, in bytes.", status.residentPages * Int(getpagesize())
      )
      text.metric("process_virtual_memory_bytes", .gauge, "Virtual memory, in bytes.", status.virtualBytes)
      // Not btime of /proc/stat, which a unit with ProcSubset=pid does not see.
      let age = Double(KernelClock.boot) / 1000 - Double(status.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK)))
      text.metric(
        "process_start_time_seconds", .gauge, "When the process began, in seconds since the epoch.",
        (Double(KernelClock.wall) / 1000 - age).rounded())
    }
    if let count = openDescriptors() {
      text.metric("process_open_fds", .gauge, "Open file descriptors.", count)
    }
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      text.metric("process_max_fds", .gauge, "The most file descriptors that may be open.", limit.rlim_cur)
    }
  }

  /// What is used here of `/proc/self/stat` (proc(5)).
  struct Status: Equatable {
    let startTicks: Int
    let virtualBytes: Int
    let residentPages: Int

    init?(_ line: String?) {
      // The second field is the program's name, in parentheses, and may itself hold spaces and parentheses.
      guard let line, let nameEnd = line.lastIndex(of: ")") else { return nil }
      let fields = line[line.index(after: nameEnd)...].split(separator: " ")
      // The first of these is field 3 of the manual page.
      guard fields.count > 21, let startTicks = Int(fields[19]), let virtualBytes = Int(fields[20]),
        let residentPages = Int(fields[21])
      else { return nil }
      self.startTicks = startTicks
      self.virtualBytes = virtualBytes
      self.residentPages = residentPages
    }
  }

  private static func openDescriptors() -> Int? {
    guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
    defer { unsafe _ = closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    // Without `.`, `..` and the directory's own.
    return count - 3
  }
}
