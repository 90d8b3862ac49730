package import Secrets

/// A command for a server, and its arguments, as an array of bulk strings (https://valkey.io/topics/protocol/).
package struct Command: Sendable {
  /// Texts and numbers are arguments as they are written; a `Secret` stays one.
  package enum Argument: Sendable, ExpressibleByStringLiteral {
    case text(String)
    case number(Int64)
    case secret(Secret)

    package init(stringLiteral text: String) {
      self = .text(text)
    }

    fileprivate var bytes: Secret {
      switch self {
      case .text(let text): Secret(text)
      case .number(let number): Secret(String(number))
      case .secret(let secret): secret
      }
    }
  }

  package let arguments: [Argument]

  package init(_ arguments: Argument...) {
    self.arguments = arguments
  }

  package init(_ arguments: [Argument]) {
    self.arguments = arguments
  }

  /// As it is sent.
  package var encoded: Secret {
    let parts = arguments.map(\.bytes)
    return Secret(capacity: parts.reduce(16) { $0 + $1.count + 16 }) { line in
      line.append("*\(parts.count)\r\n")
      for part in parts {
        line.append("$\(part.count)\r\n")
        line.append(part)
        line.append("\r\n")
      }
    }
  }
}
