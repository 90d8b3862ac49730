internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Says when one of some files may have changed: written, replaced, made or removed.
///
/// inotify(7) watches the directories, since a watch on a file is lost when it is replaced; whatever happens there makes
/// the files themselves be looked at. What inotify cannot see (a directory that does not exist yet, the links that
/// Kubernetes swaps, a network file system) a slow timer does.
final class FileWatcher: Sendable {
  /// What tells one state of a file from another.
  private struct Fingerprint: Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let modified: [Int]

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  private let paths: [String]
  private let queue = DispatchQueue(label: "fedbroker.files")
  private let onChange: @Sendable (_ changed: [String]) -> Void
  private let known: Mutex<[Fingerprint?]>
  /// Dispatch does not say that its sources are `Sendable`: these are touched in `init` and `deinit` only.
  nonisolated(unsafe) private var sources: [any DispatchSourceProtocol] = []

  /// Seconds between two looks at what inotify may have missed.
  private static let slowInterval = 10

  /// Begins to watch.
  ///
  /// `onChange` is called on a queue of the watcher's own, one call at a time.
  init(paths: [String], onChange: @escaping @Sendable (_ changed: [String]) -> Void) {
    self.paths = paths
    self.onChange = onChange
    known = Mutex(paths.map(Fingerprint.init))
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(
      deadline: .now() + .seconds(Self.slowInterval), repeating: .seconds(Self.slowInterval), leeway: .seconds(2))
    timer.setEventHandler { [weak self] in self?.look() }
    timer.activate()
    sources.append(timer)
    if let source = makeNotificationSource() { sources.append(source) }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  private func makeNotificationSource() -> (any DispatchSourceProtocol)? {
    let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
    let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB)
    for directory in Set(paths.compactMap(Self.directory)) {
      inotify_add_watch(descriptor, directory, events)
    }
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler { [weak self] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while read(descriptor, &buffer, buffer.count) > 0 {}
      self?.look()
    }
    source.setCancelHandler { close(descriptor) }
    source.activate()
    return source
  }

  private static func directory(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func look() {
    let changed = known.withLock { known -> [String] in
      let now = paths.map(Fingerprint.init)
      defer { known = now }
      return zip(paths, zip(known, now)).filter { $1.0 != $1.1 }.map(\.0)
    }
    if !changed.isEmpty { onChange(changed) }
  }
}
