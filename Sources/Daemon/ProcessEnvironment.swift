internal import CLinux

package enum ProcessEnvironment {
  /// The variables of this process; of a name that occurs twice the first one, as getenv(3) does.
  package static var variables: [String: String] {
    var variables: [String: String] = [:]
    guard var next = fedbroker_environment() else { return [:] }
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        let name = String(text[..<equals])
        if variables[name] == nil { variables[name] = String(text[text.index(after: equals)...]) }
      }
      next += 1
    }
    return variables
  }
}
