/// What `fedbroker --version` prints after the name.
package enum Version {
  package static let text = "0.1.0"
}
