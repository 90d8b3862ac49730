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
      "/v1/instances/\(PercentEncoding.encode(instance))/sign-in" + (query.isEmpty ? "" : "?")
        + query.joined(separator: "&"))
  }

  /// Returns the address of the status page.
  package func statusPageAddress() throws(CommandError) -> PageAddress {
    try pageAddress("/v1/status-page")
  }

  /// Returns the instances and their state.
  package func status() throws(CommandError) -> StatusTable {
    let body = try answer("GET", "/v1/instances")
    let answer = body.withBytes { bytes in try? JSONValue(parsing: bytes) }
    guard let answer else { throw CommandError.unexpectedAnswer }
    return StatusTable(answer)
  }

  /// Returns whether a browser has opened an address, or the address has expired.
  package func isSpent(_ address: PageAddress) -> Bool {
    let target = address.text.dropFirst("http://".count).drop { $0 != "/" }
    // A browser sends nothing but the code, and so does this request.
    return (try? unauthenticated("HEAD", String(target), timeout: 5))?.status == 403
  }

  private func pageAddress(_ target: String) throws(CommandError) -> PageAddress {
    let answer = try answer("POST", target)
    let body = try? SecretJSON(parsing: answer)
    guard let url = body?["url"]?.secretString, let lifetime = body?["expires_in"]?.number.flatMap({ Int($0) }),
      // Over TCP any user may have answered: refuse file: addresses and control sequences.
      1...60 ~= lifetime, url.exposed.hasPrefix("http://"), url.exposed.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
    else { throw CommandError.unexpectedAnswer }
    return PageAddress(url: url, lifetime: lifetime)
  }

  private func answer(_ method: String, _ target: String) throws(CommandError) -> Secret {
    let response: LocalResponse
    do throws(Unreachable) {
      response = try authenticated(method, target, timeout: 10).response
    } catch {
      throw CommandError(unreachable: error)
    }
    guard 200...299 ~= response.status else { throw CommandError(refusal: response) }
    return response.body
  }
}
