internal import Secrets
internal import System

/// The parameters of a call in AWS's query protocol, in order.
struct QueryForm {
  private var parameters: [(name: String, value: Secret)]

  /// Begins with the operation, in the version of the API that all of ours have.
  init(action: String, version: String) {
    parameters = [("Action", Secret(action)), ("Version", Secret(version))]
  }

  /// Adds a parameter, where there is a value.
  mutating func set(_ name: String, _ value: Secret?) {
    if let value { parameters.append((name, value)) }
  }

  mutating func set(_ name: String, _ value: String?) {
    set(name, value.map { Secret($0) })
  }

  /// As `application/x-www-form-urlencoded`, in secret memory because a web identity token may be in it.
  var encoded: Secret {
    Secret(capacity: 1024) { text in
      for (name, value) in parameters {
        if text.count > 0 { text.append(UInt8(ascii: "&")) }
        text.append("\(name)=")
        value.withBytes { bytes in
          for index in bytes.indices { PercentEncoding.append(bytes[index], to: &text) }
        }
      }
    }
  }
}
