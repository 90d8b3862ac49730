internal import AWS
internal import FederationBroker
internal import LocalAPI
internal import Logging
internal import Valkey

/// Logs what happens between the daemon and its fleet; nothing of entries but their names, which tell nobody's.
enum FleetLog {
  static func write(_ event: ValkeyFleetStore.Event, of address: ServerAddress, to logger: Logger) {
    switch event {
    case .up(let region):
      logger.notice("the fleet's store answers", metadata: ["store": "\(address)", "region": "\(region)"])
    case .failed(let region, let failure):
      logger.log(
        level: failure.label == "malformed" ? .error : .warning,
        "the fleet's store has failed: calls are paced without it until it is well",
        metadata: ["store": "\(address)", "region": "\(region)", "reason": "\(failure.message)"])
    }
  }

  static func write(_ event: FleetEvent, to logger: Logger) {
    switch event {
    case .rejected(let name, let reason):
      logger.error(
        "an entry of the fleet's store is not used", metadata: ["entry": "\(name)", "reason": "\(reason.rawValue)"])
    case .unidentified(let error):
      logger.warning("a token is not shared: its caller is not known", metadata: ["reason": "\(error.text)"])
    case .fetched, .placed, .leaseLost, .dropsPending: break
    }
  }
}
