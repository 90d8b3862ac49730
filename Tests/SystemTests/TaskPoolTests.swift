import Dispatch
import Glibc
import Synchronization
import System
import Testing

/// Counts the tasks that run, and notes how many did at a time.
private final class Running: Sendable {
  private let state = Mutex((now: 0, most: 0, total: 0))

  var most: Int { state.withLock(\.most) }
  var total: Int { state.withLock(\.total) }

  func begin() {
    state.withLock { state in
      state.now += 1
      state.total += 1
      state.most = max(state.most, state.now)
    }
  }

  func end() {
    state.withLock { $0.now -= 1 }
  }
}

struct TaskPoolTests {
  @Test func `A task that blocks its thread leaves the others to run`() async {
    let pool = TaskPool(width: 2)
    let isOver = DispatchSemaphore(value: 0)
    let blocked = Task(executorPreference: pool) { wait(for: isOver) }
    for _ in 0..<100 { await Task(executorPreference: pool) {}.value }
    isOver.signal()
    await blocked.value
  }

  @Test func `Every task runs, however many come at once and from however many threads`() async {
    let pool = TaskPool(width: 3)
    let running = Running()
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          let tasks = (0..<500).map { _ in
            Task(executorPreference: pool) {
              await Task.yield()
              running.begin()
            }
          }
          for task in tasks { await task.value }
        }
      }
    }
    #expect(running.total == 4000)
  }

  @Test func `No more tasks run at a time than the pool is wide`() async {
    let pool = TaskPool(width: 2)
    let running = Running()
    let tasks = (0..<200).map { _ in
      Task(executorPreference: pool) {
        running.begin()
        sched_yield()
        running.end()
      }
    }
    for task in tasks { await task.value }
    #expect(running.total == 200 && running.most <= 2)
  }

  private func wait(for semaphore: DispatchSemaphore) {
    semaphore.wait()
  }
}
