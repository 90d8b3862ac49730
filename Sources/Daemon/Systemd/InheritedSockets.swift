internal import Glibc
internal import LocalHTTP

/// The listening sockets that the service manager opened for this process (sd_listen_fds(3)).
struct InheritedSockets: Sendable {
  let main: [ListeningSocket]
  /// Those with the name `admin` (`FileDescriptorName=`).
  let admin: [ListeningSocket]

  /// Takes over what `LISTEN_FDS` counts, if `LISTEN_PID` means this process.
  ///
  /// Throws if one is not a listening stream socket; then none was touched. Call it once: it owns the descriptors from then
  /// on.
  init(environment: [String: String], processID: Int32 = getpid()) throws(StartError) {
    let descriptors = try Self.descriptors(environment, processID: processID)
    do throws(ListenError) {
      (main, admin) = try Self.adopt(descriptors)
    } catch {
      throw .configuration("LISTEN_FDS counts sockets that were not passed to fedbroker: \(error)")
    }
  }

  private static func adopt(
    _ descriptors: [(descriptor: Int32, name: String)]
  ) throws(ListenError) -> (main: [ListeningSocket], admin: [ListeningSocket]) {
    for (descriptor, _) in descriptors { try ListeningSocket.check(descriptor: descriptor) }
    var main: [ListeningSocket] = []
    var admin: [ListeningSocket] = []
    for (descriptor, name) in descriptors {
      if name == "admin" {
        admin.append(try .adopt(descriptor: descriptor))
      } else {
        main.append(try .adopt(descriptor: descriptor, hopLimit: 1))
      }
    }
    return (main, admin)
  }

  /// `SD_LISTEN_FDS_START`.
  private static let firstDescriptor: Int32 = 3
  /// The most sockets that are accepted: a wrong count must not reach descriptors that this process opened itself.
  private static let mostDescriptors: Int32 = 64

  static func descriptors(
    _ environment: [String: String], processID: Int32
  ) throws(StartError) -> [(descriptor: Int32, name: String)] {
    guard environment["LISTEN_PID"] == "\(processID)", let text = environment["LISTEN_FDS"] else { return [] }
    guard let count = Int32(text), 0...mostDescriptors ~= count else {
      throw .configuration("LISTEN_FDS is no number of sockets from 0 to \(mostDescriptors)")
    }
    let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
    return (0..<Int(count)).map { index in
      (firstDescriptor + Int32(index), index < names.count ? String(names[index]) : "")
    }
  }
}
