package import AWS
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import Synchronization
internal import System

/// The response bodies of a cached token, made when the token arrives, so that a hit only sends them.
///
/// The JSON form holds the token's secrets once: the values of its fields are taken out of it when they are asked for.
package final class TokenContent: Sendable {
  /// The whole answer.
  let json: Content
  /// Tells the token from others (RFC 9110 §8.8.3) and says nothing of it, since its key is known to this process alone.
  let tag: String
  private let awsContent = Mutex<Content?>(nil)
  private let lastStatus = Mutex<(status: CacheStatus, fields: EncodedFields)?>(nil)
  private let accessTokenExpiration: FederationToken.Expiration?
  private let refreshTokenExpiration: FederationToken.Expiration?
  private let values: TokenValues
  /// Tells tokens apart.
  let number = TokenContent.numbers.add(1, ordering: .relaxed).newValue
  /// The callers of whom the audit log knows that they have the token.
  private let receivers = Mutex<Set<Caller>>([])
  /// The fields that are long enough to be compressed, which takes longer than all the rest of a hit.
  private let longFields: [TokenField: Content]
  /// The fields that, as plain text, would be read as more than one line, or control a terminal.
  let unprintableFields: Set<TokenField>

  private static let numbers = Atomic<UInt64>(0)
  /// Receivers that are known at a time; whoever comes beyond them is recorded at each request.
  private static let mostReceivers = 256

  package init(_ token: FederationToken) {
    var values = TokenValues()
    let bytes = Secret(capacity: 4096) { $0.append(token, number: { _ in nil }) { values.note($0, at: $1, $2) } }
    let tag = Self.tag(of: bytes)
    json = Content(mediaType: "application/json", bytes: bytes, tag: tag)
    self.tag = tag
    self.values = values
    accessTokenExpiration = token.accessTokenExpiration
    refreshTokenExpiration = token.refreshTokenExpiration
    var longFields: [TokenField: Content] = [:]
    for field in TokenField.allCases {
      guard let value = field.value(in: token), value.count >= Content.smallestCompressed else { continue }
      longFields[field] = Self.plainText(value, tag: tag)
    }
    self.longFields = longFields
    unprintableFields = Set(TokenField.allCases.filter { $0.value(in: token)?.holdsControlCharacters == true })
  }

  /// The token that this was made of.
  var token: FederationToken {
    FederationToken(
      accessToken: value(of: .accessToken) ?? Secret(""), accessTokenExpiration: accessTokenExpiration,
      refreshToken: value(of: .refreshToken), refreshTokenExpiration: refreshTokenExpiration,
      signInURL: value(of: .signInURL), userARN: value(of: .userARN)?.exposed, userID: value(of: .userID)?.exposed)
  }

  /// Whose token it is, as AWS names the user.
  var userARN: String? { value(of: .userARN)?.exposed }

  /// The answer as AWS gave it, with AWS's own number text; made at the first such request, because most daemons get
  /// none.
  var aws: Content {
    awsContent.withLock { content in
      if let content { return content }
      let token = token
      let made = Content(
        mediaType: "application/json",
        bytes: Secret(capacity: 4096) { $0.append(token, number: { field in field.wireNumber(in: token) }) })
      content = made
      return made
    }
  }

  /// Returns the header fields for a status; all hits of one second share them.
  func cacheFields(_ status: CacheStatus) -> EncodedFields {
    lastStatus.withLock { last in
      if let last, last.status == status { return last.fields }
      let fields = EncodedFields(status.fields)
      last = (status, fields)
      return fields
    }
  }

  /// Returns whether the audit log knows that a caller has the token.
  func isKnown(to caller: Caller) -> Bool { receivers.withLock { $0.contains(caller) } }

  /// Notes that the audit log knows of a caller that has the token, and returns whether that is new.
  func noteReceiver(_ caller: Caller) -> Bool {
    receivers.withLock { $0.count < Self.mostReceivers ? $0.insert(caller).inserted : !$0.contains(caller) }
  }

  /// One field as plain text; `nil` where upstream sent none.
  func text(of field: TokenField) -> Content? {
    longFields[field] ?? value(of: field).map { Self.plainText($0, tag: tag) }
  }

  private func value(of field: TokenField) -> Secret? {
    values.value(of: field, in: json.bytes)
  }

  private static func plainText(_ value: Secret, tag: String) -> Content {
    Content(mediaType: "text/plain; charset=utf-8", bytes: value, tag: tag)
  }

  /// What the tag of a compressed form ends with.
  static var compressedMark: String { Content.compressedMark }

  private static let tagKey = RandomBytes.secret(count: Digest.byteCount)

  private static func tag(of bytes: Secret) -> String {
    let code = Digest.authenticationCode(of: Digest.hexadecimal(of: bytes), key: tagKey)
    return String(Digest.hexadecimal(of: code).prefix(32))
  }
}

/// Where the values of a token stand in its JSON form.
private struct TokenValues: Sendable {
  private var places: [(field: TokenField, range: Range<UInt32>)] = []
  /// The few that JSON writes in another way.
  private var escaped: [TokenField: Secret] = [:]

  mutating func note(_ field: TokenField, at range: Range<Int>, _ value: Secret) {
    if range.count == value.count {
      places.append((field, UInt32(range.lowerBound)..<UInt32(range.upperBound)))
    } else {
      escaped[field] = value
    }
  }

  func value(of field: TokenField, in json: Secret) -> Secret? {
    guard let range = places.first(where: { $0.field == field })?.range else { return escaped[field] }
    return json.withBytes { bytes in
      Secret(capacity: range.count) { value in
        value.append(contentsOf: bytes.extracting(Int(range.lowerBound)..<Int(range.upperBound)))
      }
    }
  }
}

extension SecretBuilder {
  /// Appends the token as a JSON object of those members that upstream sent.
  ///
  /// - Parameters:
  ///   - number: Returns the text of a member that is a number; `nil` for other members.
  ///   - note: Is told where each other value stands, without its quotes.
  fileprivate mutating func append(
    _ token: FederationToken, number: (TokenField) -> String?,
    note: (TokenField, Range<Int>, Secret) -> Void = { _, _, _ in }
  ) {
    append(json: #"{"Credentials":{"#)
    append(TokenField.credentials, of: token, number, note)
    append(json: "}")
    if TokenField.others.contains(where: { $0.value(in: token) != nil }) { append(json: ",") }
    append(TokenField.others, of: token, number, note)
    append(json: "}")
  }

  private mutating func append(
    _ fields: [TokenField], of token: FederationToken, _ number: (TokenField) -> String?,
    _ note: (TokenField, Range<Int>, Secret) -> Void
  ) {
    var isFirst = true
    for field in fields {
      guard let value = field.value(in: token) else { continue }
      if !isFirst { append(json: ",") }
      isFirst = false
      appendJSON(string: field.memberName)
      append(json: ":")
      if let number = number(field) {
        append(number)
      } else {
        let start = count + 1
        appendJSON(string: value)
        note(field, start..<(count - 1), value)
      }
    }
  }
}

extension Secret {
  fileprivate var holdsControlCharacters: Bool {
    withBytes { bytes in bytes.indices.contains { bytes[$0] < 0x20 || bytes[$0] == 0x7F } }
  }
}
