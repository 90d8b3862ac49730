internal import System
package import Valkey

extension Configuration {
  /// The table `[fleet]`: the store that daemons of one account share.
  package struct Fleet: Sendable, Equatable {
    /// What the daemons share.
    package enum Share: String, Sendable, CaseIterable {
      /// The order of their calls; no token leaves the daemon.
      case quota
      /// Their tokens as well.
      case tokens
    }

    /// `nil` where the daemon works by itself.
    package var store: ServerAddress?
    package var share: Share
    package var name: String
    package var account: String?
    package var user: String?
    package var passwordFile: String?
    package var keyFile: String?
    package var caBundle: String?
    package var timeout: Duration

    init(_ reader: inout SettingReader) {
      store = reader.read(
        "fleet.store", .storeAddress, example: "valkeys://cache.example.com:6379",
        "The Valkey or Redis server (6.2 or later) through which daemons of one account share its quota.")
      share = reader.read(
        "fleet.share", .choice, default: .quota,
        "What they share: the order of their calls (quota), or encrypted tokens as well (tokens).")
      name = reader.read(
        "fleet.name", .fleetName, default: "fedbroker",
        "Daemons of one name, account and region work together.")
      account = reader.read(
        "fleet.account", .accountID, example: "123456789012",
        "The AWS account whose quota it is. Required with fleet.store.")
      user = reader.read(
        "fleet.user", .accountName, example: "fedbroker",
        "The ACL user of the server; its default user if it is not set.")
      passwordFile = reader.read(
        "fleet.password_file", .path, example: "/run/credentials/fedbroker.service/fleet-password",
        "The file of the user's password, read for each connection.")
      keyFile = reader.read(
        "fleet.key_file", .path, example: "/run/credentials/fedbroker.service/fleet-key",
        "The file of the keys that encrypt shared tokens: 1 to 4 lines ID:KEY, 32 bytes in Base64; the first encrypts.")
      caBundle = reader.read(
        "fleet.ca_bundle", .path, example: "/etc/ssl/certs/ca-certificates.crt",
        "The file of the certificate authorities that the server is verified against, in place of ca_bundle.")
      timeout = reader.read(
        "fleet.timeout", .duration(.milliseconds(20) ... .seconds(2)), default: .milliseconds(250),
        "In which time the server answers one step; a server that does not is left alone until it is well again.")
    }
  }
}

extension ValueForm where Value == ServerAddress {
  static var storeAddress: Self {
    let expectation = "the address of a server, such as valkeys://HOST:PORT"
    return Self(
      expecting: expectation,
      parse: { (value) throws(ValueRefusal) in
        switch value {
        case .raw(let text), .string(let text):
          do throws(ServerAddress.Invalid) {
            return try ServerAddress(parsing: text)
          } catch {
            // A password that is in it by mistake is not printed.
            let shown = text.contains("@") ? ConfigurationValue.string("…") : value
            throw ValueRefusal(value: shown, reason: error.description)
          }
        default: throw ValueRefusal(value: value, expectation: expectation, mend: nil)
        }
      },
      render: { .string($0.description) })
  }
}
