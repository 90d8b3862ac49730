internal import Clocks
internal import Configuration
internal import FederationBroker
internal import Secrets
internal import System
internal import Valkey

/// Everything that decides how the daemon works with its fleet: a reload that changes any of it makes new connections.
struct FleetSettings: Sendable, Equatable {
  let store: StoreSettings
  let scope: FleetScope
  /// `nil` where no tokens are shared.
  let keys: FleetKeys?
  let passwordFile: String?

  /// Reads the key file; returns `nil` where no store is configured.
  init?(_ effective: EffectiveConfiguration) throws(StartError) {
    let (configuration, fleet) = (effective.configuration, effective.configuration.fleet)
    guard let address = fleet.store, let account = fleet.account else { return nil }
    var store = StoreSettings(address: address)
    store.user = fleet.user
    store.caBundle = fleet.caBundle ?? configuration.caBundle
    store.timeout = fleet.timeout.milliseconds
    self.store = store
    scope = FleetScope(
      name: fleet.name, account: account, rate: configuration.rateLimit.rate, burst: configuration.rateLimit.burst)
    passwordFile = fleet.passwordFile
    if let passwordFile {
      do throws(StoreError) { _ = try Self.password(in: passwordFile) } catch {
        throw .configuration("\(effective.place(of: "fleet.password_file")): \(error)")
      }
    }
    guard fleet.share == .tokens, let keyFile = fleet.keyFile else {
      keys = nil
      return
    }
    do throws(FleetKeys.Invalid) { keys = try FleetKeys(file: keyFile) } catch {
      throw .configuration("\(effective.place(of: "fleet.key_file")) = \"\(keyFile.printable)\": \(error)")
    }
  }

  /// Gives the password as the file has it then.
  var password: PasswordSource {
    { [passwordFile] () throws(StoreError) in
      guard let passwordFile else { return nil }
      return try Self.password(in: passwordFile)
    }
  }

  private static func password(in path: String) throws(StoreError) -> Secret {
    let contents: FileContents
    do { contents = try FileContents(path: path, limit: 4096) } catch { throw .unreachable("\(error)") }
    let password = contents.bytes.withBytes { bytes in
      let end = bytes.indices.last { bytes[$0] != 0x0A && bytes[$0] != 0x0D }.map { $0 + 1 } ?? 0
      let text = bytes.extracting(0..<end)
      return Secret(capacity: end) { $0.append(contentsOf: text) }
    }
    guard !password.isEmpty else { throw .unreachable("\(path) holds no password") }
    return password
  }
}
