internal import AWS
internal import LocalHTTP
internal import Logging
internal import TokenBroker

extension Daemon {
  /// Follows the files that say who may ask and who asks.
  static func watchFiles(
    _ tokenFile: TokenFile, _ upstream: Upstream, _ broker: Broker<TokenContent>, _ service: Service, _ logger: Logger
  ) -> FileWatcher {
    FileWatcher(paths: { [tokenFile.path] + upstream.files }) { changed in
      if changed.contains(tokenFile.path) { readAgain(tokenFile, service, logger) }
      guard changed.contains(where: { $0 != tokenFile.path && !upstream.isOwnRenewal($0) }) else { return }
      Task {
        for profile in await upstream.changedProfiles() { erase(profile, upstream, broker, logger) }
        let directory = upstream.directory()
        service.replaceTerms { Service.Terms(accessGuard: $0.accessGuard, token: $0.token, directory: directory) }
        broker.setWarm(directory.warmKeys)
      }
    }
  }

  /// Follows what AWS says of credentials that were renewed.
  static func watchCallers(_ upstream: Upstream, _ broker: Broker<TokenContent>, _ logger: Logger) -> Task<Void, Never>
  {
    Task {
      for await profile in upstream.callerChanges { erase(profile, upstream, broker, logger) }
    }
  }

  private static func erase(
    _ profile: ProfileName, _ upstream: Upstream, _ broker: Broker<TokenContent>, _ logger: Logger
  ) {
    logger.notice(
      "AWS credentials changed: the tokens got with the former ones are erased",
      metadata: ["profile": "\(profile.name)"])
    broker.erase { upstream.isOf(profile, $0) }
  }

  /// A token file that is gone or unfit changes nothing: what it said last stays in force.
  private static func readAgain(_ tokenFile: TokenFile, _ service: Service, _ logger: Logger) {
    do {
      let token = try tokenFile.read()
      service.replaceTerms { Service.Terms(accessGuard: $0.accessGuard, token: token, directory: $0.directory) }
      logger.notice("the token file has changed: its new token is in force")
    } catch {
      logger.warning("the former token stays in force", metadata: ["reason": "\(error)"])
    }
  }
}
