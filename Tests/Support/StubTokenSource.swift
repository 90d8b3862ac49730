package import AWS
package import FederationBroker
internal import Synchronization

/// A token source that does what a closure says, or holds each call until the test answers it.
package final class StubTokenSource: TokenSource {
  package typealias Handler = @Sendable (TokenKey, CallPriority) async throws(AWSError) -> FetchedToken

  /// A call that waits for the test.
  package struct Call: Sendable {
    package let key: TokenKey
    package let priority: CallPriority
    fileprivate let continuation: CheckedContinuation<Result<FetchedToken, AWSError>, Never>

    package func succeed(_ token: FetchedToken) {
      continuation.resume(returning: .success(token))
    }

    package func fail(_ error: AWSError) {
      continuation.resume(returning: .failure(error))
    }
  }

  private let handler: Handler
  private let calls: AsyncStream<Call>
  private let count = Atomic<Int>(0)

  package init(_ handler: @escaping Handler) {
    self.handler = handler
    calls = AsyncStream { $0.finish() }
  }

  /// Holds each call until `nextCall` hands it to the test.
  package init() {
    let (calls, arrivals) = AsyncStream.makeStream(of: Call.self)
    self.calls = calls
    handler = { (key, priority) async throws(AWSError) in
      let result = await withCheckedContinuation { continuation in
        _ = arrivals.yield(Call(key: key, priority: priority, continuation: continuation))
      }
      return try result.get()
    }
  }

  package var callCount: Int { count.load(ordering: .sequentiallyConsistent) }

  package func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    count.add(1, ordering: .sequentiallyConsistent)
    return try await handler(key, priority())
  }

  /// Waits for the next call, in the order of their coming.
  ///
  /// For one task at a time.
  package func nextCall() async -> Call? {
    var iterator = calls.makeAsyncIterator()
    return await iterator.next()
  }
}
