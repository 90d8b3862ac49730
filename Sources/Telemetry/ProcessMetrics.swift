internal import Glibc

/// What Prometheus' own client libraries tell of each process, under the same names.
///
/// Source: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics.
package enum ProcessMetrics {
  /// What the kernel does not tell is left out.
  package static func write(to text: inout MetricsText) {
    text.metric(
      "process_cpu_seconds_total", .counter, "Processor time used, in seconds.", seconds(CLOCK_PROCESS_CPUTIME_ID))
    if let status = Status(contents(of: "/proc/self/stat")) {
      text.metric(
        "process_resident_memory_bytes", .gauge, "Resident memory, in bytes.", status.residentPages * Int(getpagesize())
      )
      text.metric("process_virtual_memory_bytes", .gauge, "Virtual memory, in bytes.", status.virtualBytes)
      // Not btime of /proc/stat, which a unit with ProcSubset=pid does not see.
      let age = seconds(CLOCK_BOOTTIME) - Double(status.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK)))
      text.metric(
        "process_start_time_seconds", .gauge, "When the process began, in seconds since the epoch.",
        (seconds(CLOCK_REALTIME) - age).rounded())
    }
    if let count = openDescriptors() {
      text.metric("process_open_fds", .gauge, "Open file descriptors.", count)
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
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

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Without `.`, `..` and the directory's own.
    return count - 3
  }

  private static func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
  }
}
