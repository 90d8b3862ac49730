/// A value of a message (D-Bus Specification, "Type System").
///
/// Numbers of every width are `integer`; a double is read as its bits, which nothing here needs.
package indirect enum BusValue: Sendable, Equatable {
  case boolean(Bool)
  /// `UInt64` beyond the range of `Int64` wraps.
  case integer(Int64)
  /// A string, an object path or a signature.
  case text(String)
  /// Dictionary entries are structures of two.
  case array([BusValue])
  case structure([BusValue])
  case variant(BusValue)

  package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
  package var array: [BusValue]? { if case .array(let value) = self { value } else { nil } }
  package var structure: [BusValue]? { if case .structure(let value) = self { value } else { nil } }
  /// What a variant holds.
  package var content: BusValue? { if case .variant(let value) = self { value } else { nil } }

  /// The members of a dictionary of variants by their names; the last of a repeated one counts.
  package var properties: [String: BusValue]? {
    array.map { entries in
      entries.reduce(into: [:]) { properties, entry in
        guard let pair = entry.structure, pair.count == 2, let name = pair[0].text else { return }
        properties[name] = pair[1].content
      }
    }
  }
}

/// A type of a signature.
indirect enum BusType: Equatable {
  /// By its code: one of `ybnqiuxtdsogh`.
  case basic(UInt8)
  case array(BusType)
  /// Also the entry of a dictionary.
  case structure([BusType])
  case variant

  /// How many types may be inside each other: as many arrays and as many structures as the specification allows.
  static let deepest = 64

  /// The boundary at which a value begins, in bytes.
  var alignment: Int {
    switch self {
    case .basic(let code):
      switch code {
      case UInt8(ascii: "y"), UInt8(ascii: "g"): 1
      case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
      case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"): 8
      default: 4
      }
    case .array: 4
    case .structure: 8
    case .variant: 1
    }
  }

  /// Returns the types that a signature lists.
  static func all(in signature: some Collection<UInt8>) throws(BusError) -> [BusType] {
    var rest = Array(signature)[...]
    var types: [BusType] = []
    while !rest.isEmpty { types.append(try next(in: &rest, depth: 0)) }
    return types
  }

  private static func next(in rest: inout ArraySlice<UInt8>, depth: Int) throws(BusError) -> BusType {
    guard depth < deepest, let code = rest.popFirst() else { throw .malformed("a signature") }
    switch code {
    case UInt8(ascii: "y"), UInt8(ascii: "b"), UInt8(ascii: "n"), UInt8(ascii: "q"), UInt8(ascii: "i"),
      UInt8(ascii: "u"), UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "s"), UInt8(ascii: "o"),
      UInt8(ascii: "g"), UInt8(ascii: "h"):
      return .basic(code)
    case UInt8(ascii: "v"): return .variant
    case UInt8(ascii: "a"): return .array(try next(in: &rest, depth: depth + 1))
    case UInt8(ascii: "("): return .structure(try members(until: UInt8(ascii: ")"), in: &rest, depth: depth + 1))
    case UInt8(ascii: "{"):
      let members = try members(until: UInt8(ascii: "}"), in: &rest, depth: depth + 1)
      guard members.count == 2 else { throw .malformed("a signature") }
      return .structure(members)
    default: throw .malformed("a signature")
    }
  }

  private static func members(
    until end: UInt8, in rest: inout ArraySlice<UInt8>, depth: Int
  ) throws(BusError) -> [BusType] {
    var members: [BusType] = []
    while rest.first != end { members.append(try next(in: &rest, depth: depth)) }
    rest.removeFirst()
    guard !members.isEmpty else { throw .malformed("a signature") }
    return members
  }
}
