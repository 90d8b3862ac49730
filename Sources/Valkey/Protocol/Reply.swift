package import Secrets

/// One reply of a server that speaks RESP2 (https://valkey.io/topics/protocol/).
package enum Reply: Sendable, Equatable {
  /// A simple string: `OK`.
  case status(String)
  /// Its first word is the kind, in capitals: `NOSCRIPT No matching script.`
  case error(String)
  case integer(Int64)
  /// What a key held; secret because what is stored here is.
  case bulk(Secret)
  case null
  case array([Reply])

  /// The elements of an array.
  package var elements: [Reply]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The bytes of a bulk string.
  package var secret: Secret? {
    guard case .bulk(let bytes) = self else { return nil }
    return bytes
  }

  /// A simple string, or a bulk string that may be seen.
  package var text: String? {
    switch self {
    case .status(let text): text
    case .bulk(let bytes) where bytes.isUTF8: bytes.exposed
    default: nil
    }
  }

  /// An integer, or a bulk string that is one: what a script makes of a number.
  package var number: Int64? {
    if case .integer(let number) = self { return number }
    return text.flatMap(Int64.init)
  }
}
