/// The flags of `fedbroker serve` as they were typed; the keys of the same names check them.
package struct FlagOverrides: Sendable, Equatable {
  package var config: String?
  package var listen: [String] = []
  package var adminListen: [String] = []
  package var instanceID: [String] = []
  package var tokenFile: String?
  package var region: String?
  package var profile: String?
  package var endpointURL: String?
  package var caBundle: String?
  package var noVerifySSL = false
  package var noSignRequest = false
  package var cliConnectTimeout: String?
  package var cliReadTimeout: String?
  package var logLevel: String?
  package var logFormat: String?
  package var emulate = false

  package init() {}
}

/// What a flag's property can hold.
protocol FlagValue: Sendable {
  /// `nil` when the flag was not given.
  var configurationValue: ConfigurationValue? { get }
}

extension String?: FlagValue {
  var configurationValue: ConfigurationValue? { map { .raw($0) } }
}

extension [String]: FlagValue {
  var configurationValue: ConfigurationValue? { isEmpty ? nil : .list(map { .raw($0) }) }
}

extension Bool: FlagValue {
  var configurationValue: ConfigurationValue? { self ? .boolean(true) : nil }
}
