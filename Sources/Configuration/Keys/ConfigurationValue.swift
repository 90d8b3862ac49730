internal import System

/// A value as a source gave it, before its key has checked it.
enum ConfigurationValue: Sendable, Equatable {
  /// From a flag or an environment variable, where all types are text.
  case raw(String)
  case string(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case list([ConfigurationValue])
  /// Sorted by key.
  case table([Member])

  struct Member: Sendable, Equatable {
    let key: String
    let value: ConfigurationValue
  }

  /// The value in an error message: bounded, on one line.
  var excerpt: String {
    switch self {
    case .raw(let text), .string(let text): "\"\(text.excerpt)\""
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .boolean(let value): String(value)
    case .list: "[…]"
    case .table: "{…}"
    }
  }

  /// The value as TOML, for the types that `ValueForm.render` makes.
  var toml: String {
    switch self {
    case .list(let elements): "[" + elements.map(\.toml).joined(separator: ", ") + "]"
    case .raw(let text), .string(let text): Self.quoted(text)
    case .integer, .number, .boolean, .table: excerpt
    }
  }

  /// Returns a TOML basic string, where quote, backslash and control characters need an escape.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        quoted += "\\\(scalar)"
      case _ where scalar.isControl:
        let digits = String(scalar.value, radix: 16)
        quoted += digits.count > 4 ? "\\U" : "\\u"
        quoted += String(repeating: "0", count: (digits.count > 4 ? 8 : 4) - digits.count) + digits
      default:
        quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension String {
  /// At most 60 characters of the text, printable.
  var excerpt: String {
    let limit = 60
    let start = String(String.UnicodeScalarView(unicodeScalars.prefix(limit))).printable
    return unicodeScalars.count > limit ? start + "…" : start
  }
}
