internal import AWS
internal import Configuration
internal import LocalHTTP
internal import Secrets

/// The settings that point AWS clients at the daemon in place of Amazon Connect: its address and the local key pair.
package struct LocalKeyPair: Sendable {
  /// The reason why there are no such settings.
  package struct Unavailable: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  private let endpoint: ListenAddress
  private let token: Secret
  private let environment: [String: String]

  /// Finds the daemon's TCP address and its token.
  ///
  /// - Parameter broker: `http://HOST:PORT`, as `--broker` takes it; `nil` looks for a daemon.
  package init(_ broker: String? = nil, environment: [String: String]) throws(Unavailable) {
    do throws(BrokerClient.Unreachable) {
      let location = try DaemonLocation(broker, environment: environment)
      // SDKs speak no HTTP over unix sockets.
      guard location.addresses.contains(where: { !$0.isUnix }) else {
        throw BrokerClient.Unreachable(
          description: "AWS clients need a TCP address of the daemon, such as http://127.0.0.1:2776")
      }
      (endpoint, token) = try BrokerClient(broker, environment: environment).acceptedToken()
    } catch {
      throw Unavailable(description: error.description)
    }
    self.environment = environment
  }

  /// The daemon's address.
  package var endpointURL: String { "http://\(endpoint)" }

  /// The variables to set; `nil` unsets one.
  package var variables: [(name: String, value: String?)] {
    [
      ("AWS_ENDPOINT_URL_CONNECT", endpointURL),
      ("AWS_ACCESS_KEY_ID", LocalAccessKey.id),
      ("AWS_SECRET_ACCESS_KEY", token.exposed),
      // Each of these would override one above, or be sent with it.
      ("AWS_SESSION_TOKEN", nil), ("AWS_SECURITY_TOKEN", nil), ("AWS_PROFILE", nil), ("AWS_DEFAULT_PROFILE", nil),
      ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", nil),
    ] + proxyExceptions
  }

  /// Excludes the loopback address from proxies, which the AWS CLI would use for it.
  ///
  /// Programs read either spelling, so each one that is set is extended.
  private var proxyExceptions: [(name: String, value: String?)] {
    guard case .tcp(let host, _) = endpoint else { return [] }
    let names = ["NO_PROXY", "no_proxy"].filter { environment[$0] != nil }
    return (names.isEmpty ? ["NO_PROXY"] : names).map { name in
      var hosts = (environment[name] ?? "").split(separator: ",").map(String.init)
      if !hosts.contains(host), !hosts.contains("*") { hosts.append(host) }
      return (name, hosts.joined(separator: ","))
    }
  }

  /// Returns the commands that put the variables into a shell.
  package func commands(for shell: Shell) -> String {
    variables.map { name, value in shell.command(setting: name, to: value) + "\n" }.joined()
  }

  /// Returns a profile for `~/.aws/config`, which does not affect other AWS calls.
  package func profile(named name: String) throws(Unavailable) -> String {
    let isPlain = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"[]\"'\\#;".utf8.contains($0) }
    guard isPlain else {
      throw Unavailable(description: "a profile's name is made of visible ASCII characters without quotes and brackets")
    }
    return """
      [profile \(name)]
      aws_access_key_id = \(LocalAccessKey.id)
      aws_secret_access_key = \(token.exposed)
      services = fedbroker-\(name)

      [services fedbroker-\(name)]
      connect =
        endpoint_url = \(endpointURL)

      """
  }
}
