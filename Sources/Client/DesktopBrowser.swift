internal import CLinux
internal import Configuration
internal import Glibc
internal import Synchronization
internal import System

/// The browser of the desktop that a command runs in.
package struct DesktopBrowser {
  private let directory: String
  private let command: BrowserCommand
  /// The signal that arrived; its handler may do nothing but store it (signal-safety(7)).
  private static let interruption = Atomic<Int32>(0)

  /// Reads from the configuration which browser opens pages, or those of an instance.
  ///
  /// The command reads it itself: what a daemon of another user said would be run as this user. Throws where the
  /// environment names no directory of this user's own, or the configuration is not valid.
  package init(for instance: String? = nil, environment: [String: String]) throws(CommandError) {
    let paths = RuntimePaths(environment: environment)
    guard let directory = paths.directory ?? paths.tokenFile.map({ String($0.dropLast("/token".count)) }) else {
      throw CommandError("neither XDG_RUNTIME_DIR nor HOME is set: there is no directory to lead a browser from")
    }
    self.directory = directory
    command = try Self.command(for: instance, environment: environment)
  }

  /// Opens an address, and returns when the browser has fetched it.
  ///
  /// SIGINT, SIGTERM and SIGHUP end the wait and remove the file.
  package func open(_ address: BrokerClient.PageAddress, of client: BrokerClient) throws(CommandError) {
    Self.interruption.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { DesktopBrowser.interruption.store($0, ordering: .relaxed) }
    }
    let file = try ForwardingFile(to: address.url, in: directory)
    let words = command.arguments(opening: file.path)
    let opener = try Self.start(words)
    for _ in 0..<(address.lifetime * 5) {
      if client.isSpent(address) { return }
      // The browser may keep running; its exit matters only if it failed.
      var status: Int32 = 0
      if waitpid(opener, &status, WNOHANG) == opener, status != 0 {
        throw CommandError("\(words[0].printable) opened no browser: --print prints the address instead")
      }
      usleep(200_000)
      let interruption = Self.interruption.load(ordering: .relaxed)
      if interruption != 0 { throw CommandError("interrupted", exitCode: 128 + interruption) }
    }
    throw CommandError("no browser came within \(address.lifetime) s: --print prints the address instead")
  }

  /// Opens an address that holds nothing secret, and returns at once.
  static func show(_ address: String, environment: [String: String]) throws(CommandError) {
    _ = try start(command(for: nil, environment: environment).arguments(opening: address))
  }

  private static func command(
    for instance: String?, environment: [String: String]
  ) throws(CommandError) -> BrowserCommand {
    let file = environment["FEDBROKER_CONFIG"] ?? ConfigurationLoader.defaultFile
    // A service's configuration may be for the service alone: then it says nothing to its callers.
    if access(file, F_OK) == 0, access(file, R_OK) != 0 { return .desktopsOwn }
    let configuration: Configuration
    do throws(ConfigurationError) {
      configuration = try ConfigurationLoader.load(flags: FlagOverrides(), environment: environment).configuration
    } catch {
      throw CommandError("\(error)".printableLines, exitCode: EX_CONFIG)
    }
    let instances = configuration.instances
    let own = instances.first { $0.alias == instance } ?? instances.first { $0.id == instance }
    return own?.browser ?? configuration.browser ?? .desktopsOwn
  }

  /// Starts a program, found by `PATH`, in a process group of its own, so that it outlives the command and the terminal.
  private static func start(_ command: [String]) throws(CommandError) -> pid_t {
    // Browsers print many messages that do not belong in the terminal.
    do { return try SpawnedProcess.start(command, output: .nothing, errors: .nothing) } catch {
      throw CommandError("\(command[0].printable): \(error.reason): --print prints the address instead")
    }
  }
}

extension BrowserCommand {
  /// The desktop's choice.
  fileprivate static let desktopsOwn = BrowserCommand("xdg-open %u")!
}
