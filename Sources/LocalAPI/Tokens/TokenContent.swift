package import AWS
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import Synchronization

/// The response bodies of a cached token, made when the token arrives, so that a hit only sends them.
package final class TokenContent: Sendable {
  /// The whole answer.
  let json: Content
  private let awsContent = Mutex<Content?>(nil)
  private let lastStatus = Mutex<(status: CacheStatus, fields: EncodedFields)?>(nil)
  let token: FederationToken
  /// The fields that are long enough to be compressed, which takes longer than all the rest of a hit.
  private let longFields: [TokenField: Content]

  package init(_ token: FederationToken) {
    self.token = token
    json = Content(
      mediaType: "application/json",
      bytes: Secret(capacity: 4096) { $0.append(token) { _ in nil } })
    var longFields: [TokenField: Content] = [:]
    for field in TokenField.allCases {
      guard let value = field.value(in: token), value.count >= Content.smallestCompressed else { continue }
      longFields[field] = Self.plainText(value)
    }
    self.longFields = longFields
  }

  /// The answer as AWS gave it, with AWS's own number text; made at the first such request, because most daemons get
  /// none.
  var aws: Content {
    awsContent.withLock { content in
      if let content { return content }
      let made = Content(
        mediaType: "application/json",
        bytes: Secret(capacity: 4096) { $0.append(token) { field in field.wireNumber(in: token) } })
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

  /// One field as plain text; `nil` where upstream sent none.
  func text(of field: TokenField) -> Content? {
    longFields[field] ?? field.value(in: token).map(Self.plainText)
  }

  private static func plainText(_ value: Secret) -> Content {
    Content(mediaType: "text/plain; charset=utf-8", bytes: value)
  }
}

extension SecretBuilder {
  /// Appends the token as a JSON object of those members that upstream sent.
  ///
  /// - Parameter number: Returns the text of a member that is a number; `nil` for other members.
  fileprivate mutating func append(_ token: FederationToken, number: (TokenField) -> String?) {
    append(json: #"{"Credentials":{"#)
    append(TokenField.credentials, of: token, number)
    append(json: "}")
    if TokenField.others.contains(where: { $0.value(in: token) != nil }) { append(json: ",") }
    append(TokenField.others, of: token, number)
    append(json: "}")
  }

  private mutating func append(_ fields: [TokenField], of token: FederationToken, _ number: (TokenField) -> String?) {
    var isFirst = true
    for field in fields {
      guard let value = field.value(in: token) else { continue }
      if !isFirst { append(json: ",") }
      isFirst = false
      appendJSON(string: field.memberName)
      append(json: ":")
      if let number = number(field) { append(number) } else { appendJSON(string: value) }
    }
  }
}
