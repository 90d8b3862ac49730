internal import AWS
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

extension BrokerClient {
  /// An address that opens a page of the daemon in a browser, once.
  package struct PageAddress: Sendable {
    let url: Secret
    /// How long the address is valid, in seconds.
    let lifetime: Int

    /// The address as text, for a person to open.
    package var text: String { url.exposed }
  }

  /// Returns the address that signs in to an instance.
  package func signInAddress(
    instance: String, destination: String?, sessionName: String?
  ) throws(CommandError) -> PageAddress {
    let query = [("destination", destination), ("session_name", sessionName)].compactMap { name, value in
      value.map { "\(name)=\(PercentEncoding.encode($0))" }
    }
    return try pageAddress(
      instance: instance,
      "/v1/instances/\(PercentEncoding.encode(instance))/sign-in" + (query.isEmpty ? "" : "?")
        + query.joined(separator: "&"))
  }

  /// Returns the address of the status page.
  package func statusPageAddress() throws(CommandError) -> PageAddress {
    try pageAddress("/v1/status-page")
  }

  /// Returns the instances and their state.
  package func status() throws(CommandError) -> StatusTable {
    let body = try answer("GET", "/v1/instances").body
    let answer = body.withBytes { bytes in try? JSONValue(parsing: bytes) }
    guard let answer else { throw CommandError.unexpectedAnswer }
    return StatusTable(answer)
  }

  /// Locks: the daemon gives and fetches no token until it is unlocked.
  package func lock() throws(CommandError) { _ = try answer("POST", "/v1/lock") }

  /// Unlocks, whatever has locked.
  package func unlock() throws(CommandError) { _ = try answer("DELETE", "/v1/lock") }

  /// Returns the configuration that the daemon has in force.
  package func configuration() throws(CommandError) -> ConfigurationInForce {
    let body = try answer("GET", "/v1/configuration").body
    guard let answer = body.withBytes({ bytes in try? JSONValue(parsing: bytes) }) else {
      throw CommandError.unexpectedAnswer
    }
    return ConfigurationInForce(answer)
  }

  /// Returns whether a browser has opened an address, or the address has expired.
  package func isSpent(_ address: PageAddress) -> Bool {
    let target = address.text.dropFirst("http://".count).drop { $0 != "/" }
    return (try? response("HEAD", String(target), timeout: 5))?.response.status == 403
  }

  /// Returns the error of a daemon that refuses a request for an instance.
  func refusal(_ response: LocalResponse, of instance: String?) -> CommandError {
    let code = (try? SecretJSON(parsing: response.body))?["code"]?.string
    guard let instance, code == "InstanceNotServed", let known = try? status().names else {
      return CommandError(refusal: response)
    }
    return CommandError(refusal: response, instance: instance, known: known)
  }

  private func pageAddress(instance: String? = nil, _ target: String) throws(CommandError) -> PageAddress {
    let (answer, address) = try answer("POST", target, instance: instance)
    let body = try? SecretJSON(parsing: answer)
    guard let url = body?["url"]?.secretString, let lifetime = body?["expires_in"]?.number.flatMap({ Int($0) }),
      1...60 ~= lifetime, Self.isAddress(url.exposed, of: address)
    else { throw CommandError.unexpectedAnswer }
    return PageAddress(url: url, lifetime: lifetime)
  }

  /// Returns whether a browser may be led to an address by what answers at another: over TCP the same, and at a unix
  /// socket, whose peer is known, any that HTTP reaches.
  static func isAddress(_ url: String, of address: ListenAddress) -> Bool {
    let origin = address.isUnix ? "http://" : "http://\(address)/"
    return url.hasPrefix(origin) && url.utf8.allSatisfy { 0x21...0x7E ~= $0 }
  }

  private func answer(
    _ method: String, _ target: String, instance: String? = nil
  ) throws(CommandError) -> (body: Secret, address: ListenAddress) {
    let (answered, address): (LocalResponse, ListenAddress)
    do throws(Unreachable) {
      (answered, address) = try response(method, target, timeout: 10)
    } catch {
      throw CommandError(unreachable: error)
    }
    guard 200...299 ~= answered.status else { throw refusal(answered, of: instance) }
    return (answered.body, address)
  }
}
