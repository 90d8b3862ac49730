internal import JSON

/// A word of an expression.
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
  /// A literal's value, a number, otherwise the token's text.
  let value: JSONValue
  /// Code points from the start of the expression.
  let position: Int
}

extension Token.Kind {
  /// How strongly the token holds on to what stands to its left; those of 0 never do.
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
