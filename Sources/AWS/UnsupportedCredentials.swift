/// Stands where a source of AWS's default chain is not built yet: a profile that wants it fails, instead of being
/// answered by a later source, which would stand for another person.
package struct UnsupportedCredentials: CredentialProvider {
  private let key: String?
  private let place: String

  /// - Parameters:
  ///   - key: The setting that asks for the source; `nil` where nothing does.
  ///   - place: Where it was found, for the message.
  init(key: String?, place: String) {
    self.key = key
    self.place = place
  }

  package func credentials() throws(CredentialError) -> AWSCredentials? {
    guard let key else { return nil }
    throw CredentialError("\(place) asks for credentials by \(key), which fedbroker does not support")
  }
}
