package import Clocks
package import Outbound
internal import Secrets
internal import Synchronization
internal import System
package import Valkey

/// A fleet's store on a Valkey or Redis server, 6.2 or later.
///
/// Each region has a connection for steps and one that hears of others', made when the region is first used.
package final class ValkeyFleetStore: FleetStore {
  /// What happens to the store itself, for logs.
  package enum Event: Sendable, Equatable {
    case up(region: String)
    case failed(region: String, FleetStoreFailure)
  }

  private struct Region: Sendable {
    let client: StoreClient
    let listener: ChannelListener?
  }

  private let settings: StoreSettings
  private let scope: FleetScope
  private let password: PasswordSource
  private let thread: OutboundThread
  private let clock: any MomentClock
  private let listens: Bool
  private let jitter: @Sendable (Milliseconds) -> Milliseconds
  private let observe: @Sendable (Event) -> Void
  private let regions = Mutex<[String: Region]>([:])
  package let changes: AsyncStream<FleetChange>
  private let heard: AsyncStream<FleetChange>.Continuation

  /// A region's name may come from a caller: no more of them share the store.
  private static let mostRegions = 16
  /// How long a replica has to take a drop, in milliseconds.
  private static let replicaTime: Milliseconds = 200

  /// - Parameters:
  ///   - password: Gives the password for each connection.
  ///   - listens: Whether to hear of other daemons' steps, which only shared tokens need.
  ///   - jitter: Draws a number from 0 to the given one.
  package init(
    _ settings: StoreSettings, _ scope: FleetScope, password: @escaping PasswordSource, listens: Bool,
    on thread: OutboundThread, clock: any MomentClock,
    jitter: @escaping @Sendable (Milliseconds) -> Milliseconds = { .random(in: 0...max(0, $0)) },
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.settings = settings
    self.scope = scope
    self.password = password
    self.listens = listens
    self.thread = thread
    self.clock = clock
    self.jitter = jitter
    self.observe = observe
    (changes, heard) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
  }

  deinit {
    end()
  }

  package var isUp: Bool {
    regions.withLock { regions in !regions.isEmpty && regions.values.allSatisfy(\.client.isUp) }
  }

  /// Begins to connect for the regions that will be used.
  package func start(regions names: some Sequence<String>) {
    for name in names { _ = try? region(name) }
  }

  /// Closes all connections.
  package func end() {
    let former = regions.withLock { regions in
      defer { regions = [:] }
      return regions
    }
    for region in former.values {
      region.client.end()
      region.listener?.end()
    }
    heard.finish()
  }

  /// Milliseconds after which the store is asked again, whatever it said: longer than any lease and any order of calls.
  private static let longestWait: Milliseconds = 3_600_000

  /// Whether a text is a generation: nothing longer is kept of what somebody else stores or says.
  fileprivate static func isGeneration(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy(\.isASCIIAlphanumeric)
  }

  package func take(_ want: FleetWant) async throws(FleetStoreFailure) -> FleetTaken {
    let reply = try await run(
      FleetScripts.take, in: want.region, names: want.names,
      [
        .text("\(scope.interval)"), .text("\(scope.tolerance)"), .number(want.longestWait), .text(want.owner),
        .number(want.callTime), .number(want.knownExpiry), .text(RandomBytes.hexadecimal(count: 16)),
        want.isUrgent ? "1" : "0",
      ])
    switch (reply.first?.text, reply.count) {
    case ("present", 6):
      guard let content = reply[1].secret, let left = reply[2].number, let expiry = reply[3].number,
        let generation = reply[4].text, Self.isGeneration(generation), let index = reply[5].number,
        want.names.indices ~= Int(clamping: index)
      else { break }
      return .present(
        SealedEntry(name: want.names[Int(index)], generation: generation, expiry: expiry, content: content), left: left)
    case ("leased", 2):
      if let wait = reply[1].number { return .leased(min(max(0, wait), Self.longestWait)) }
    case ("yours", 3):
      if let wait = reply[1].number, 0...want.longestWait ~= wait, let generation = reply[2].text,
        want.names.isEmpty || Self.isGeneration(generation)
      {
        return .yours(wait: wait, generation: generation)
      }
    case ("queue", 2):
      if let wait = reply[1].number { return .queue(min(max(0, wait), Self.longestWait)) }
    default: break
    }
    throw .malformed("take")
  }

  package func put(_ entry: SealedEntry, in region: String) async throws(FleetStoreFailure) -> FleetPutOutcome {
    let reply = try await run(
      FleetScripts.put, in: region, names: [entry.name],
      [
        .text(entry.owner), .text(entry.generation), .secret(entry.content), .number(entry.left), .number(entry.expiry),
        .text(channel(region)), .text(entry.name),
      ])
    guard let outcome = reply.first?.text.flatMap(FleetPutOutcome.init) else { throw .malformed("put") }
    return outcome
  }

  package func fail(_ failure: FleetCallFailure, in region: String) async throws(FleetStoreFailure) {
    let (penalty, pause): (Double, Milliseconds) =
      switch failure.kind {
      case .throttled: (scope.penalty, 0)
      case .failed(let pause): (0, pause)
      }
    _ = try await run(
      FleetScripts.fail, in: region, names: failure.name.map { [$0] } ?? [],
      [
        .text(failure.owner), .text("\(penalty)"), .number(pause), .text(channel(region)), .text(failure.name ?? ""),
      ])
  }

  package func drop(_ drop: FleetDrop, in region: String) async throws(FleetStoreFailure) -> FleetDropOutcome {
    let script = command(
      in: region, names: drop.names,
      [.text(RandomBytes.hexadecimal(count: 16)), .text(drop.generation ?? ""), .text(channel(region))]
        + drop.names.map { .text($0) })
    let client = try self.region(region).client
    let replies: [Reply]
    do throws(StoreError) {
      replies = try await client.performApart(
        [Command(["EVAL", .text(FleetScripts.drop.body)] + script), Command("WAIT", "1", .number(Self.replicaTime))],
        extraTime: Self.replicaTime)
    } catch {
      throw FleetStoreFailure(error)
    }
    guard let dropped = replies.first?.elements, dropped.first?.text == "dropped", let replicas = replies.last?.number
    else { throw .malformed("drop") }
    return FleetDropOutcome(
      generations: dropped.dropFirst().compactMap(\.text), isLasting: try await isLasting(replicas, region))
  }

  package func generations(of names: [String], in region: String) async throws(FleetStoreFailure) -> [String?] {
    guard !names.isEmpty else { return [] }
    let client = try self.region(region).client
    do throws(StoreError) {
      return try await client.perform(names.map { Command("HGET", .text(key($0, region)), "g") }).map(\.text)
    } catch {
      throw FleetStoreFailure(error)
    }
  }

  /// Whether a drop that so many replicas have taken survives the server.
  ///
  /// A single server without replicas has nothing that could come in its place. On a new connection, which has written
  /// nothing, `WAIT` counts the replicas that there are.
  private func isLasting(_ replicas: Int64, _ region: String) async throws(FleetStoreFailure) -> Bool {
    guard replicas == 0, settings.address.topology == .single else { return replicas > 0 }
    let client = try self.region(region).client
    do throws(StoreError) {
      return try await client.replicaCount() == 0
    } catch {
      throw FleetStoreFailure(error)
    }
  }

  private func run(
    _ script: FleetScript, in region: String, names: [String], _ arguments: [Command.Argument]
  ) async throws(FleetStoreFailure) -> [Reply] {
    let command = command(in: region, names: names, arguments)
    guard let reply = try await perform(command, script, in: region)?.elements else {
      throw .malformed("a script")
    }
    return reply
  }

  /// The call of a script, without the word that says how it is called.
  private func command(
    in region: String, names: [String], _ arguments: [Command.Argument]
  ) -> [Command.Argument] {
    let keys = ["\(scope.prefix(of: region)):q"] + names.map { key($0, region) }
    return [.number(Int64(keys.count))] + keys.map { .text($0) } + arguments
  }

  private func perform(
    _ call: [Command.Argument], _ script: FleetScript, in region: String
  ) async throws(FleetStoreFailure) -> Reply? {
    let client = try self.region(region).client
    do throws(StoreError) {
      let reply = try await client.perform([Command(["EVALSHA", .text(script.digest)] + call)]).first
      guard case .error? = reply else { return reply }
      // NOSCRIPT: the server has started anew, or is another one.
      return try await client.perform([Command(["EVAL", .text(script.body)] + call)]).first
    } catch {
      throw FleetStoreFailure(error)
    }
  }

  private func key(_ name: String, _ region: String) -> String { "\(scope.prefix(of: region)):e:\(name)" }

  private func channel(_ region: String) -> String { "\(scope.prefix(of: region)):n" }

  private func region(_ name: String) throws(FleetStoreFailure) -> Region {
    let (region, isNew) = try regions.withLock { (regions) throws(FleetStoreFailure) in
      if let region = regions[name] { return (region, false) }
      guard regions.count < Self.mostRegions else {
        throw FleetStoreFailure("\(Self.mostRegions) regions use the store already", label: "alone")
      }
      let new = open(name)
      regions[name] = new
      return (new, true)
    }
    if isNew {
      region.client.start()
      region.listener?.start()
    }
    return region
  }

  private func open(_ name: String) -> Region {
    let probe = Command("SET", .text("\(scope.prefix(of: name)):p"), "1", "PX", "1000")
    let client = StoreClient(
      settings, password: password, probe: probe, on: thread, clock: clock, jitter: jitter
    ) { [observe] error in
      observe(error.map { .failed(region: name, FleetStoreFailure($0)) } ?? .up(region: name))
    }
    guard listens else { return Region(client: client, listener: nil) }
    let listener = ChannelListener(
      settings, password: password, channel: channel(name), on: thread, clock: clock, jitter: jitter
    ) { [heard] event in
      switch event {
      case .begun: heard.yield(.gap(region: name))
      case .message(let text): if let change = FleetChange(message: text) { heard.yield(change) }
      }
    }
    return Region(client: client, listener: listener)
  }
}

extension FleetChange {
  /// Reads `NAME put`, `NAME fail` or `NAME drop GENERATION`; `nil` for anything else.
  init?(message: String) {
    let words = message.split(separator: " ", maxSplits: 3)
    guard words.count >= 2 else { return nil }
    switch (words[1], words.count) {
    case ("put", 2), ("fail", 2): self = .settled(name: String(words[0]))
    case ("drop", 2): self = .dropped(name: String(words[0]), generation: nil)
    case ("drop", 3) where ValkeyFleetStore.isGeneration(words[2]):
      self = .dropped(name: String(words[0]), generation: String(words[2]))
    default: return nil
    }
  }
}

extension FleetStoreFailure {
  init(_ error: StoreError) {
    self.init(error.description, label: error.label)
  }

  static func malformed(_ step: String) -> FleetStoreFailure {
    FleetStoreFailure("the answer to \(step) is not one", label: "malformed")
  }
}
