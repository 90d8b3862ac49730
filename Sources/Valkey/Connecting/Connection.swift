internal import Clocks
internal import Outbound
internal import Secrets
internal import Synchronization
internal import System

/// One connection to a server: commands go out in order, and replies are theirs in the same order.
///
/// Once anything is wrong with it, a late reply included, it is closed, since no reply could be trusted to be that of its
/// command. Safe to use from any thread.
final class Connection: Sendable {
  private typealias Outcome = Result<[Reply], StoreError>

  /// Commands that wait for their replies.
  private struct Exchange: Sendable {
    let id: UInt64
    var missing: Int
    var replies: [Reply] = []
    /// `nil` once the caller is gone.
    var continuation: CheckedContinuation<Outcome, Never>?
  }

  private struct State: ~Copyable {
    var parser = ReplyParser()
    /// In the order of their replies.
    var exchanges: [Exchange] = []
    var lastID: UInt64 = 0
    var failure: StoreError?
    var stream: ByteStream?
  }

  private let state = Mutex(State())
  private let clock: any MomentClock
  /// Gets the messages of the channels that are subscribed to, and the end of the connection.
  private let observe: @Sendable (Event) -> Void

  enum Event: Sendable {
    case message(channel: String, text: String)
    case closed(StoreError)
  }

  private init(clock: any MomentClock, observe: @escaping @Sendable (Event) -> Void) {
    self.clock = clock
    self.observe = observe
  }

  deinit {
    state.withLock { $0.stream }?.close()
  }

  /// Begins to connect; commands wait until the connection stands.
  static func open(
    to address: StreamAddress, _ settings: TransportSettings, on thread: OutboundThread, clock: any MomentClock,
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws(StoreError) -> Connection {
    let connection = Connection(clock: clock, observe: observe)
    do {
      let stream = try thread.connect(to: address, settings) { [weak connection] in connection?.handle($0) }
      let isOver = connection.state.withLock { state in
        state.stream = stream
        return state.failure != nil
      }
      if isOver { stream.close() }
    } catch {
      throw .unreachable(error.message)
    }
    return connection
  }

  var isClosed: Bool { state.withLock { $0.failure != nil } }

  /// Sends commands, and returns as many replies, errors of the server among them.
  ///
  /// - Parameter limit: Milliseconds after which the connection is closed without them.
  func perform(_ commands: [Command], within limit: Milliseconds) async throws(StoreError) -> [Reply] {
    let bytes = Secret(capacity: 256) { line in for command in commands { line.append(command.encoded) } }
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let end = clock.now.boot + limit
    let timer = Task(executorPreference: TaskPool.shared) { [weak self, clock] in
      while clock.now.boot < end {
        guard (try? await clock.sleep(untilBoot: end)) != nil else { return }
      }
      self?.close(.timedOut)
    }
    defer { timer.cancel() }
    let outcome: Outcome = await withCancellableContinuation { continuation in
      let failure = state.withLock { state in
        guard state.failure == nil else { return state.failure }
        state.exchanges.append(Exchange(id: id, missing: commands.count, continuation: continuation))
        state.stream?.send(bytes)
        return nil
      }
      if let failure { continuation.resume(returning: .failure(failure)) }
    } onCancel: {
      leave(id)
    }
    return try outcome.get()
  }

  /// Ends the connection; those who wait get `error`.
  func close(_ error: StoreError = .unreachable("the connection was closed")) {
    let (stream, waiting, isFirst) = state.withLock { state in
      defer { (state.stream, state.exchanges) = (nil, []) }
      let isFirst = state.failure == nil
      if isFirst { state.failure = error }
      return (state.stream, state.exchanges.compactMap(\.continuation), isFirst)
    }
    stream?.close()
    for continuation in waiting { continuation.resume(returning: .failure(error)) }
    if isFirst { observe(.closed(error)) }
  }

  /// A caller went away; its replies are still taken.
  private func leave(_ id: UInt64) {
    let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
      guard let index = state.exchanges.firstIndex(where: { $0.id == id }) else { return nil }
      return state.exchanges[index].continuation.take()
    }
    continuation?.resume(returning: .failure(.cancelled))
  }

  private func handle(_ event: ByteStream.Event) {
    switch event {
    case .connected: break
    case .closed(let error): close(.unreachable(error.message))
    case .received(let bytes): take(bytes)
    }
  }

  private func take(_ bytes: Secret) {
    var done: [(CheckedContinuation<Outcome, Never>, [Reply])] = []
    var messages: [Event] = []
    var failure: StoreError?
    bytes.withBytes { bytes in
      state.withLock { state in
        var offset = 0
        do throws(ReplyParser.Malformed) {
          while offset < bytes.count, state.failure == nil {
            guard let reply = try state.parser.parse(bytes, &offset) else { continue }
            if let message = Self.message(reply) {
              messages.append(message)
            } else if state.exchanges.isEmpty {
              throw ReplyParser.Malformed(description: "a reply that nothing asked for")
            } else {
              state.exchanges[0].replies.append(reply)
              state.exchanges[0].missing -= 1
              guard state.exchanges[0].missing == 0 else { continue }
              let exchange = state.exchanges.removeFirst()
              if let continuation = exchange.continuation { done.append((continuation, exchange.replies)) }
            }
          }
        } catch {
          failure = .malformed(error.description)
        }
      }
    }
    for (continuation, replies) in done { continuation.resume(returning: .success(replies)) }
    for message in messages { observe(message) }
    if let failure { close(failure) }
  }

  /// What a channel says (https://valkey.io/topics/pubsub/).
  private static func message(_ reply: Reply) -> Event? {
    guard let elements = reply.elements, elements.count == 3, elements[0].text == "message",
      let channel = elements[1].text, let text = elements[2].text
    else { return nil }
    return .message(channel: channel, text: text)
  }
}
