internal import JSON

/// A token of an expression.
struct Token {
  /// Named as messages name them.
  enum Kind: String {
    case and, colon, comma, current, dot, eof, eq, expref, filter, flatten, gt, gte, lbrace, lbracket, literal, lparen,
      lt,
      lte, ne, not, number, or, pipe, rbrace, rbracket, rparen, star
    case quotedIdentifier = "quoted_identifier"
    case unquotedIdentifier = "unquoted_identifier"
  }

  let kind: Kind
  /// The value of a literal or number; otherwise the token's text.
  let value: JSONValue
  /// Code points from the start of the expression.
  let position: Int
}

extension Token.Kind {
  /// The binding power towards the left operand; a token with 0 takes none.
  var bindingPower: Int {
    switch self {
    case .pipe: 1
    case .or: 2
    case .and: 3
    case .eq, .ne, .lt, .lte, .gt, .gte: 5
    case .flatten: 9
    case .star: 20
    case .filter: 21
    case .dot: 40
    case .not: 45
    case .lbrace: 50
    case .lbracket: 55
    case .lparen: 60
    default: 0
    }
  }

  /// Whether the token ends the part of an expression that a projection applies to each element.
  var stopsProjection: Bool {
    bindingPower < 10
  }
}
