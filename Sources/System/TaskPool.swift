internal import Dispatch
internal import Glibc
internal import Synchronization

/// Runs the tasks of this process, on a few threads that Dispatch ends when they have nothing to do.
///
/// Swift's own executor uses the global queues of Dispatch. Their first thread starts a timer that looks once a second, for
/// as long as the process lives, at whether their threads are stuck (`_dispatch_workq_monitor_pools` in libdispatch's
/// event/workqueue.c): an idle daemon would wake up 60 times a minute. Serial queues run on threads that nobody looks after.
package final class TaskPool: TaskExecutor {
  /// The pool of all tasks.
  package static let shared = TaskPool(width: max(2, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))

  private struct State: Sendable {
    /// In the order of their arrival.
    var jobs: ArraySlice<UnownedJob> = []
    /// The queues that run no job.
    var idle: [DispatchQueue]
  }

  private let state: Mutex<State>

  /// - Parameter width: How many tasks run at a time, 1 or more.
  package init(width: Int) {
    state = Mutex(State(jobs: [], idle: (0..<width).map { DispatchQueue(label: "fedbroker.tasks.\($0)") }))
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let queue = state.withLock { state in
      state.jobs.append(job)
      return state.idle.popLast()
    }
    guard let queue else { return }
    queue.async { self.runJobs(on: queue) }
  }

  private func runJobs(on queue: DispatchQueue) {
    while let job = nextJob(for: queue) { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  /// Returns the job that waits the longest; without one, `queue` is idle.
  private func nextJob(for queue: DispatchQueue) -> UnownedJob? {
    state.withLock { state in
      if let job = state.jobs.popFirst() { return job }
      state.idle.append(queue)
      return nil
    }
  }
}
