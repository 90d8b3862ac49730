internal import Configuration
internal import LocalHTTP

extension IdentitySelector {
  private static let field: FieldName = "fedbroker-identity"

  /// The selector of a request; `nil` where it has none.
  init?(_ request: Request) throws(Problem) {
    guard request.contains(Self.field) else { return nil }
    let values = request.values(Self.field)
    guard values.count == 1, let selector = Self(fieldValue: values[0]) else {
      throw .badRequest("\(Self.fieldName) is profile=NAME or access-key-id=ID, percent-encoded, once.")
    }
    self = selector
  }
}
