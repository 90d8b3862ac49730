/// The version that `fedbroker --version` prints.
package enum Version {
  package static let text = "0.2.0"
}
