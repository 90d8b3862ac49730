/// A JSON value (RFC 8259) that keeps what others lose: the order of an object's members and the text of a number.
///
/// What the AWS CLI prints must be matched to the byte, and it prints `1.0` as `1.0`.
package enum JSONValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  /// The number's own text, such as `1732464000`, `1.7E9` or `-0.50`.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of an object, in order.
///
/// Of a name that occurs twice the last value counts, in the first one's place. Names are the same where their code points
/// are (RFC 8259 §8.3), where Swift's strings would take `é` in its two forms for one.
package struct JSONObject: Sendable, Hashable {
  package struct Member: Sendable, Hashable {
    package let name: String
    package var value: JSONValue
  }

  package private(set) var members: [Member] = []
  /// Where each name is, by its bytes; empty while there are few members, which are found sooner without.
  private var positions: [[UInt8]: Int] = [:]

  /// The number of members from which they are looked up by `positions`.
  private static let manyMembers = 32

  package init() {}

  package subscript(_ name: String) -> JSONValue? {
    get { position(of: name).map { members[$0].value } }
    set {
      switch (position(of: name), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil):
        members.remove(at: position)
        positions = [:]
        if members.count >= Self.manyMembers { makePositions() }
      case (nil, let value?): append(Member(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  private func position(of name: String) -> Int? {
    guard members.count < Self.manyMembers else { return positions[Array(name.utf8)] }
    // Byte by byte: `==` takes two spellings of a character for the same. Most names differ in length already.
    let length = name.utf8.count
    return members.firstIndex { $0.name.utf8.count == length && $0.name.utf8.elementsEqual(name.utf8) }
  }

  private mutating func append(_ member: Member) {
    members.append(member)
    if members.count == Self.manyMembers {
      makePositions()
    } else if members.count > Self.manyMembers {
      positions[Array(member.name.utf8)] = members.count - 1
    }
  }

  private mutating func makePositions() {
    positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { (Array($1.name.utf8), $0) })
  }

  package static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

  package func hash(into hasher: inout Hasher) { hasher.combine(members) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (name, value) in elements { self[name] = value }
  }
}

extension JSONValue {
  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let object) = self else { return nil }
    return object[name]
  }

  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var array: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  package init(integerLiteral value: Int) { self = .number(String(value)) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
