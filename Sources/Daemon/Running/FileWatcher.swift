internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import System

/// Calls back when one of some files may have changed: written, replaced, made or removed.
///
/// inotify(7) watches each file itself, not its directory, so that what happens to other files wakes nobody. A file that
/// is replaced is watched anew: the one before loses its name, which is an event of it. For a file that does not exist,
/// the nearest directory that does is watched for the missing name. Where another name comes up there, that watch ends for
/// two minutes, and a look soon after finds what came with it: so a busy directory costs two wake-ups in that time. A slow
/// timer also looks at what inotify cannot see, such as network file systems.
final class FileWatcher: Sendable {
  private struct State {
    var known: [String: FileStamp?] = [:]
    var watches: Set<Int32> = []
    /// The names that are missing, by the watch of the directory that they are missing in.
    var awaited: [Int32: Set<String>] = [:]
    /// How many ticks of the timer are to pass before missing names are watched for again.
    var ticksUntilAwaiting = 0
    var wakeUps = 0
  }

  private let paths: @Sendable () -> [String]
  private let onChange: @Sendable (_ changed: [String]) -> Void
  private let queue = DispatchQueue(label: "fedbroker.files")
  /// inotify's descriptor, closed with its source; `nil` where the user has too many already.
  private let notifications: Int32?
  private let state = Mutex(State())
  /// Dispatch does not say that its sources are `Sendable`: they are, as all of its objects, safe to use from any thread.
  nonisolated(unsafe) private let timer: any DispatchSourceTimer
  nonisolated(unsafe) private var notificationSource: (any DispatchSourceRead)?

  /// Seconds between two looks at what inotify may have missed.
  private static let slowInterval = 60
  /// Seconds from the first other name in a directory to a look at what came with it.
  private static let settlingTime = 5

  /// Begins to watch.
  ///
  /// Which files to watch is asked at each look, since the content of one may name another. Both closures are called on a
  /// queue of the watcher's own, one call at a time.
  init(paths: @escaping @Sendable () -> [String], onChange: @escaping @Sendable (_ changed: [String]) -> Void) {
    self.paths = paths
    self.onChange = onChange
    let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    notifications = descriptor < 0 ? nil : descriptor
    timer = DispatchSource.makeTimerSource(queue: queue)
    _ = changes()
    schedule(after: Self.slowInterval)
    timer.setEventHandler { [weak self] in self?.tick() }
    timer.activate()
    notificationSource = notifications.map(makeNotificationSource)
  }

  deinit {
    timer.cancel()
    notificationSource?.cancel()
  }

  /// How often the watcher was woken so far.
  var wakeUps: Int { state.withLock { $0.wakeUps } }

  private func makeNotificationSource(_ descriptor: Int32) -> any DispatchSourceRead {
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler { [weak self] in self?.wake(by: descriptor) }
    source.setCancelHandler { close(descriptor) }
    source.activate()
    return source
  }

  private func schedule(after seconds: Int) {
    timer.schedule(
      deadline: .now() + .seconds(seconds), repeating: .seconds(Self.slowInterval),
      leeway: .seconds(seconds / 10))
  }

  private func tick() {
    state.withLock { state in
      state.wakeUps += 1
      state.ticksUntilAwaiting = max(0, state.ticksUntilAwaiting - 1)
    }
    look()
  }

  private func wake(by descriptor: Int32) {
    state.withLock { $0.wakeUps += 1 }
    // To the end, so that the events of watches that end here wake nobody.
    while let events = InotifyEvent.read(descriptor) {
      if events.contains(where: concernsUs) {
        look()
      } else if !events.allSatisfy(\.isEndOfWatch) {
        stopAwaiting(descriptor)
      }
    }
  }

  private func look() {
    let changed = changes()
    if !changed.isEmpty { onChange(changed) }
  }

  /// Watches what is to be watched now, and returns the files that differ from the look before.
  private func changes() -> [String] {
    let paths = Set(paths())
    watch(paths)
    // A change from here on is an event.
    let now = Dictionary(uniqueKeysWithValues: paths.map { ($0, FileStamp(of: $0)) })
    return state.withLock { state in
      defer { state.known = now }
      // A file that is watched from now on has not changed.
      return state.known.keys.filter { path in now[path].map { $0 != state.known[path] } ?? false }
    }
  }

  private func concernsUs(_ event: InotifyEvent) -> Bool {
    guard !event.isEndOfWatch else { return false }
    guard let name = event.name else { return true }
    return state.withLock { $0.awaited[event.watch]?.contains(name) ?? false }
  }

  private func stopAwaiting(_ descriptor: Int32) {
    let directories = state.withLock { state in
      defer {
        state.watches.subtract(state.awaited.keys)
        state.awaited = [:]
        state.ticksUntilAwaiting = 3
      }
      return state.awaited.keys
    }
    for watch in directories { inotify_rm_watch(descriptor, watch) }
    schedule(after: Self.settlingTime)
  }

  private func watch(_ paths: Set<String>) {
    guard let notifications else { return }
    var list = WatchList(notifications: notifications, awaits: state.withLock { $0.ticksUntilAwaiting == 0 })
    for path in paths { list.add(path) }
    let former = state.withLock { state in
      defer { (state.watches, state.awaited) = (list.watches, list.awaited) }
      return state.watches
    }
    for watch in former.subtracting(list.watches) { inotify_rm_watch(notifications, watch) }
  }
}

/// The watches that some files need now.
private struct WatchList {
  let notifications: Int32
  /// Whether missing names are watched for.
  let awaits: Bool
  private var events: [Int32: UInt32] = [:]
  private(set) var awaited: [Int32: Set<String>] = [:]

  private static let fileEvents = UInt32(IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
  /// A directory that leads to a file can only go away.
  private static let directoryEvents = UInt32(IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)
  private static let arrivalEvents = UInt32(IN_CREATE | IN_MOVED_TO)

  var watches: Set<Int32> { Set(events.keys) }

  init(notifications: Int32, awaits: Bool) {
    self.notifications = notifications
    self.awaits = awaits
  }

  /// Watches a file and its directories, or where the missing part of its path would come up.
  mutating func add(_ path: String) {
    // What came up before it was watched for is looked for again.
    for _ in 0..<8 {
      guard let missing = addOnce(path), Self.exists(missing) else { return }
    }
  }

  /// Returns the path that is watched for; `nil` where none is.
  private mutating func addOnce(_ path: String) -> String? {
    var isMissing = !Self.exists(path)
    // Devices change all the time.
    if FileStamp(of: path) != nil { addWatch(path, Self.fileEvents) }
    var awaitedPath: String?
    var child = path
    while child != "/", let slash = child.lastIndex(of: "/") {
      let directory = slash == child.startIndex ? "/" : String(child[..<slash])
      let isAwaiting = isMissing && awaits
      let events = isAwaiting ? Self.directoryEvents | Self.arrivalEvents : Self.directoryEvents
      if let watch = addWatch(directory, events), isMissing {
        if isAwaiting {
          awaited[watch, default: []].insert(String(child[child.index(after: slash)...]))
          awaitedPath = child
        }
        isMissing = false
      }
      child = directory
    }
    return awaitedPath
  }

  @discardableResult
  private mutating func addWatch(_ path: String, _ events: UInt32) -> Int32? {
    let watch = inotify_add_watch(notifications, path, events)
    guard watch >= 0 else { return nil }
    // Two paths may lead to one inode, whose events are then those of both.
    let all = events | self.events[watch, default: 0]
    if all != events { inotify_add_watch(notifications, path, all) }
    self.events[watch] = all
    return watch
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 || errno != ENOENT
  }
}

/// One event of inotify(7).
private struct InotifyEvent {
  let watch: Int32
  let mask: UInt32
  /// Of what came up in a directory; `nil` for an event of the watched file or directory itself.
  let name: String?

  /// Whether the event says that its watch is no more, which `inotify_rm_watch` causes too.
  var isEndOfWatch: Bool { mask & UInt32(IN_IGNORED) != 0 }

  /// Returns the events that have arrived; `nil` where there is none.
  static func read(_ descriptor: Int32) -> [InotifyEvent]? {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return buffer[..<count].withUnsafeBytes { bytes in
      var events: [InotifyEvent] = []
      var offset = 0
      while offset < bytes.count {
        let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        let start = offset + MemoryLayout<inotify_event>.size
        let name = bytes[start..<(start + Int(event.len))].prefix { $0 != 0 }
        events.append(
          InotifyEvent(
            watch: event.wd, mask: event.mask, name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self)))
        offset = start + Int(event.len)
      }
      return events
    }
  }
}
