import Synchronization
import System
import Testing

/// Holds one continuation, as the users of `withCancellableContinuation` hold many.
private final class Place: Sendable {
  private let waiting = Mutex<CheckedContinuation<String, Never>?>(nil)

  func enter(_ continuation: CheckedContinuation<String, Never>) { waiting.withLock { $0 = continuation } }

  func end(_ text: String) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(returning: text)
  }
}

struct CancellableContinuationTests {
  @Test func `A wait that is ended returns what it is ended with`() async {
    let place = Place()
    let text = await withCancellableContinuation { continuation in
      place.enter(continuation)
      Task { place.end("done") }
    } onCancel: {
      place.end("cancelled")
    }
    #expect(text == "done")
  }

  @Test func `A task that was cancelled before it waited does not wait`() async {
    let place = Place()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return await withCancellableContinuation {
        place.enter($0)
      } onCancel: {
        place.end("cancelled")
      }
    }
    task.cancel()
    #expect(await task.value == "cancelled")
  }

  @Test func `A wait ends once, however its end and its cancellation meet`() async {
    for _ in 0..<1000 {
      let place = Place()
      let task = Task {
        await withCancellableContinuation {
          place.enter($0)
        } onCancel: {
          place.end("cancelled")
        }
      }
      async let _ = Task.detached { place.end("done") }.value
      task.cancel()
      #expect(["done", "cancelled"].contains(await task.value))
    }
  }
}
