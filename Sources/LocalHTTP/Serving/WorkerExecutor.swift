internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import System

/// Runs a `Worker`: its event loop on one thread, and between two waits of the loop whatever other threads hand over.
///
/// For any thread.
final class WorkerExecutor: SerialExecutor {
  typealias Work = @Sendable (isolated Worker) -> Void

  private enum Item: Sendable {
    case work(Work)
    case job(UnownedJob)
  }

  private struct Mailbox {
    var items: [Item] = []
    var isStopped = false
  }

  private let mailbox = Mutex(Mailbox())
  /// Whether the worker's own thread has put something into the mailbox, which the loop then looks into before it waits.
  private let hasOwnItems = Atomic(false)
  private let thread = Atomic<pthread_t>(0)
  /// An `eventfd` that can be read while the mailbox has something.
  let wakeUp: Socket

  init() throws(SystemError) {
    wakeUp = Socket(
      adopting: try SystemError.check("eventfd") { eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) })
  }

  /// Takes a thread, names it `name`, and runs `worker`'s loop on it until `stop`.
  func start(_ worker: Worker, name: String) {
    DispatchQueue(label: name).async {
      self.thread.store(pthread_self(), ordering: .relaxed)
      worker.assumeIsolated { $0.run() }
      self.thread.store(0, ordering: .relaxed)
    }
  }

  /// Runs `work` on the worker's thread, soon and in order; after `stop`, never.
  ///
  /// A task costs an allocation and two more switches: connections are handed over this way.
  func async(_ work: @escaping Work) {
    add(.work(work))
  }

  func enqueue(_ job: consuming ExecutorJob) {
    add(.job(UnownedJob(job)))
  }

  private func add(_ item: Item) {
    let isFirst = mailbox.withLock { mailbox in
      guard !mailbox.isStopped else { return false }
      mailbox.items.append(item)
      return mailbox.items.count == 1
    }
    guard isFirst else { return }
    if isIsolatingCurrentContext() == true { hasOwnItems.store(true, ordering: .relaxed) } else { signal() }
  }

  /// Ends the loop once everything handed over before is done.
  func stop() {
    mailbox.withLock { $0.isStopped = true }
    signal()
  }

  /// Runs what was handed over.
  ///
  /// Returns whether the loop goes on. The loop calls this before each wait; `isWoken` says that `wakeUp` can be read.
  func runMailbox(on worker: isolated Worker, isWoken: Bool) -> Bool {
    guard isWoken || hasOwnItems.load(ordering: .relaxed) else { return true }
    hasOwnItems.store(false, ordering: .relaxed)
    if isWoken {
      var count: UInt64 = 0
      _ = unsafe read(wakeUp.descriptor, &count, MemoryLayout<UInt64>.size)
    }
    let (items, isStopped) = mailbox.withLock { mailbox in
      defer { mailbox.items = [] }
      return (mailbox.items, mailbox.isStopped)
    }
    for item in items {
      switch item {
      case .work(let work): work(worker)
      case .job(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
      }
    }
    // What these have added comes after the sockets that are ready.
    if hasOwnItems.exchange(false, ordering: .relaxed) { signal() }
    return !isStopped
  }

  func isIsolatingCurrentContext() -> Bool? {
    thread.load(ordering: .relaxed) == pthread_self()
  }

  func checkIsolated() {
    precondition(isIsolatingCurrentContext() == true, "not on the worker's thread")
  }

  private func signal() {
    var one: UInt64 = 1
    // Fails only when the counter is full, in which case the loop is woken already.
    _ = unsafe write(wakeUp.descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
