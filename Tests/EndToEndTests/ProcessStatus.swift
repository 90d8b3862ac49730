import FoundationEssentials
import TestSupport
import Testing

/// What the kernel says of a running process (proc(5)).
struct ProcessStatus {
  /// `VmRSS`.
  let residentKilobytes: Int
  /// `RssAnon`.
  let anonymousKilobytes: Int
  /// User and system time so far, in hundredths of a second.
  let processorTicks: Int

  init(of process: LoggedProcess) throws {
    let directory = "/proc/\(process.identifier)"
    let status = try String(contentsOfFile: "\(directory)/status", encoding: .utf8)
    func kilobytes(_ name: String) throws -> Int {
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
      return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
    }
    residentKilobytes = try kilobytes("VmRSS")
    anonymousKilobytes = try kilobytes("RssAnon")
    // The name before them may hold spaces, and ends with a parenthesis: utime is the 14th field, stime the 15th.
    let stat = try String(contentsOfFile: "\(directory)/stat", encoding: .utf8)
    let fields = try #require(stat.split(separator: ")").last).split(separator: " ")
    processorTicks = try #require(Int(fields[11])) + #require(Int(fields[12]))
  }
}
