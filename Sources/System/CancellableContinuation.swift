/// Suspends the calling task until its continuation is resumed: the one place that settles the race between waiting and
/// being cancelled.
///
/// - Parameters:
///   - start: Hands the continuation to whoever will resume it, exactly once.
///   - onCancel: Gives up the wait; the holder of the continuation must then resume it soon. Called on any thread, up to
///     twice and perhaps beside `start`, so that it must be harmless to repeat: it runs once more after `start` if the
///     task was cancelled before, when it found nobody waiting.
package func withCancellableContinuation<Value: Sendable>(
  _ start: (CheckedContinuation<Value, Never>) -> Void, onCancel: @Sendable () -> Void
) async -> Value {
  await withTaskCancellationHandler {
    await withCheckedContinuation { continuation in
      start(continuation)
      if Task.isCancelled { onCancel() }
    }
  } onCancel: {
    onCancel()
  }
}
