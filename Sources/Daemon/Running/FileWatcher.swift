internal import AWS
internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import System

/// Says when one of some files may have changed: written, replaced, made or removed.
///
/// inotify(7) watches the directories, since a watch on a file is lost when it is replaced; whatever happens there makes
/// the files themselves be looked at. What inotify cannot see (a directory that does not exist yet, the links that
/// Kubernetes swaps, a network file system) a slow timer does.
final class FileWatcher: Sendable {
  private let paths: @Sendable () -> [String]
  private let queue = DispatchQueue(label: "fedbroker.files")
  private let onChange: @Sendable (_ changed: [String]) -> Void
  /// inotify's descriptor, closed with its source; `nil` where the user has too many already.
  private let notifications: Int32?
  private let known: Mutex<[String: FileStamp?]>
  /// Dispatch does not say that its sources are `Sendable`: these are touched in `init` and `deinit` only.
  nonisolated(unsafe) private var sources: [any DispatchSourceProtocol] = []

  /// Seconds between two looks at what inotify may have missed.
  private static let slowInterval = 10

  /// Begins to watch.
  ///
  /// Which files, is asked each time: what is in one may name another. Both closures are called on a queue of the
  /// watcher's own, one call at a time.
  init(paths: @escaping @Sendable () -> [String], onChange: @escaping @Sendable (_ changed: [String]) -> Void) {
    self.paths = paths
    self.onChange = onChange
    known = Mutex(Self.stamps(paths()))
    let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    notifications = descriptor < 0 ? nil : descriptor
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(
      deadline: .now() + .seconds(Self.slowInterval), repeating: .seconds(Self.slowInterval), leeway: .seconds(2))
    timer.setEventHandler { [weak self] in self?.look() }
    timer.activate()
    sources.append(timer)
    if let notifications { sources.append(makeNotificationSource(notifications)) }
    // What changed before the watch began is seen too.
    queue.async { [weak self] in self?.look() }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  private func makeNotificationSource(_ descriptor: Int32) -> any DispatchSourceProtocol {
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

  /// Watches the directory of each file; of one that does not exist, the nearest above it that does, for its coming.
  ///
  /// A directory that is watched already stays so: inotify knows it by its inode.
  private func watchDirectories(of paths: some Sequence<String>) {
    guard let notifications else { return }
    let fileEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB
    for path in paths {
      var directory = path
      var events = fileEvents
      repeat {
        guard let slash = directory.lastIndex(of: "/") else { break }
        directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
        guard inotify_add_watch(notifications, directory, UInt32(events | IN_ONLYDIR | IN_MASK_ADD)) < 0 else { break }
        events = IN_CREATE | IN_MOVED_TO
      } while directory != "/"
    }
  }

  private func look() {
    let now = Self.stamps(paths())
    watchDirectories(of: now.keys)
    let changed = known.withLock { known -> [String] in
      defer { known = now }
      // A file that is watched from now on has not changed.
      return known.keys.filter { path in now[path].map { $0 != known[path] } ?? false }
    }
    if !changed.isEmpty { onChange(changed) }
  }

  private static func stamps(_ paths: [String]) -> [String: FileStamp?] {
    Dictionary(paths.map { ($0, FileStamp(of: $0)) }, uniquingKeysWith: { first, _ in first })
  }
}
