internal import LocalHTTP
internal import Logging
internal import TokenBroker

extension Daemon {
  /// Follows the files that say who may ask and who asks.
  static func watchFiles(
    _ tokenFile: TokenFile, _ upstream: Upstream, _ instances: [Configuration.Instance],
    _ broker: Broker<TokenContent>, _ service: Service, _ logger: Logger
  ) -> FileWatcher {
    FileWatcher(paths: [tokenFile.path] + upstream.files) { changed in
      if changed.contains(tokenFile.path) { readAgain(tokenFile, service, logger) }
      guard changed.contains(where: upstream.files.contains) else { return }
      Task {
        await eraseChanged(upstream, broker, logger)
        let directory = upstream.directory(of: instances)
        service.replaceTerms { Service.Terms(accessGuard: $0.accessGuard, token: $0.token, directory: directory) }
        broker.setWarm(directory.warmKeys)
      }
    }
  }

  /// Erases the tokens of identities that turn out to be another caller's.
  static func eraseChanged(_ upstream: Upstream, _ broker: Broker<TokenContent>, _ logger: Logger) async {
    let identities = await upstream.changedIdentities()
    guard !identities.isEmpty else { return }
    logger.notice("AWS credentials changed: the tokens got with the former ones are erased")
    broker.erase { identities.contains($0.identity) }
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
