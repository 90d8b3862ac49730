internal import JSON
internal import LocalHTTP
internal import Secrets
internal import TokenBroker

/// The forms in which a cached token is answered, made when it comes in, so that a hit only sends them.
final class TokenContent: Sendable {
  /// The whole answer.
  let json: Content
  private let token: FederationToken
  /// The fields that are long enough to be compressed, which takes longer than all the rest of a hit.
  private let longFields: [TokenField: Content]

  init(_ token: FederationToken) {
    self.token = token
    json = Content(
      mediaType: "application/json",
      bytes: Secret(capacity: 4096) { builder in
        builder.append(json: #"{"Credentials":{"#)
        builder.append(TokenField.credentials, of: token)
        builder.append(json: "}")
        if TokenField.others.contains(where: { $0.value(in: token) != nil }) { builder.append(json: ",") }
        builder.append(TokenField.others, of: token)
        builder.append(json: "}")
      })
    var longFields: [TokenField: Content] = [:]
    for field in TokenField.allCases {
      guard let value = field.value(in: token), value.count >= Content.smallestCompressed else { continue }
      longFields[field] = Self.plainText(value)
    }
    self.longFields = longFields
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
  /// Appends the members that upstream sent.
  fileprivate mutating func append(_ fields: [TokenField], of token: FederationToken) {
    var isFirst = true
    for field in fields {
      guard let value = field.value(in: token) else { continue }
      if !isFirst { append(json: ",") }
      isFirst = false
      appendJSON(string: field.memberName)
      append(json: ":")
      appendJSON(string: value)
    }
  }
}
