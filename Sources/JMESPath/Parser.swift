internal import JSON

/// Builds the syntax tree of an expression by top-down operator precedence (Pratt).
///
/// Each kind of token has a rule for the start of an expression, and one for the continuation of the expression to its
/// left.
struct Parser {
  private let expression: String
  private let tokens: [Token]
  private var index = 0

  init(_ expression: String) throws(JMESPathError) {
    self.expression = expression
    tokens = try Lexer.tokens(of: expression)
  }

  mutating func parse() throws(JMESPathError) -> Expression {
    let tree = try parseExpression()
    guard token.kind == .eof else { throw unexpected(token, "Unexpected token: \(token.value.pythonText)") }
    return tree
  }

  // MARK: Tokens

  /// The next token; `eof` at the end and anywhere after it.
  private var token: Token {
    tokens[min(index, tokens.count - 1)]
  }

  private var tokenAfterNext: Token {
    tokens[min(index + 1, tokens.count - 1)]
  }

  private mutating func advance() -> Token {
    defer { index += 1 }
    return token
  }

  private mutating func expect(_ kinds: Token.Kind...) throws(JMESPathError) -> Token {
    guard kinds.contains(token.kind) else {
      guard token.kind != .eof else { throw .incomplete(expression) }
      let names = kinds.map(\.rawValue)
      let expected = names.count == 1 ? names[0] : JSONValue.array(names.map(JSONValue.string)).pythonText
      throw unexpected(token, "Expecting: \(expected), got: \(token.kind.rawValue)")
    }
    return advance()
  }

  private func unexpected(_ token: Token, _ reason: String, at position: Int? = nil) -> JMESPathError {
    .unexpected(token, reason, in: expression, at: position ?? token.position)
  }

  // MARK: Precedence

  private mutating func parseExpression(above bindingPower: Int = 0) throws(JMESPathError) -> Expression {
    var left = try parseBeginning(advance())
    while bindingPower < token.kind.bindingPower { left = try parseContinuation(of: left, advance()) }
    return left
  }

  private mutating func parseExpression(above kind: Token.Kind) throws(JMESPathError) -> Expression {
    try parseExpression(above: kind.bindingPower)
  }

  private mutating func parseBeginning(_ first: Token) throws(JMESPathError) -> Expression {
    switch first.kind {
    case .literal: return .literal(first.value)
    case .current: return .current
    case .unquotedIdentifier: return .field(first.value.pythonText)
    case .quotedIdentifier:
      guard token.kind != .lparen else {
        throw unexpected(token, "Quoted identifier not allowed for function names.", at: 0)
      }
      return .field(first.value.pythonText)
    case .star:
      return .valueProjection(.current, token.kind == .rbracket ? .current : try parseProjected(by: .star))
    case .filter: return try parseFilter(of: .current)
    case .flatten: return .projection(.flatten(.current), try parseProjected(by: .flatten))
    case .lbrace: return try parseMultiSelectHash()
    case .lbracket: return try parseBracket()
    case .lparen:
      let inner = try parseExpression()
      _ = try expect(.rparen)
      return inner
    case .not: return .not(try parseExpression(above: .not))
    case .expref: return .reference(try parseExpression(above: .expref))
    case .eof: throw .incomplete(expression)
    default: throw unexpected(first, "invalid token")
    }
  }

  private mutating func parseContinuation(of left: Expression, _ first: Token) throws(JMESPathError) -> Expression {
    switch first.kind {
    case .dot: return try parseDot(after: left)
    case .pipe: return .sequence([left, try parseExpression(above: .pipe)])
    case .or: return .or(left, try parseExpression(above: .or))
    case .and: return .and(left, try parseExpression(above: .and))
    case .eq, .ne, .lt, .lte, .gt, .gte:
      guard let comparator = Comparator(rawValue: first.value.pythonText) else { break }
      return .comparison(left, comparator, try parseExpression(above: first.kind))
    case .flatten: return .projection(.flatten(left), try parseProjected(by: .flatten))
    case .filter: return try parseFilter(of: left)
    case .lbracket: return try parseBracket(after: left)
    case .lparen: return try parseCall(of: left)
    default: break
    }
    throw unexpected(first, "invalid token")
  }

  // MARK: Selections

  private mutating func parseDot(after left: Expression) throws(JMESPathError) -> Expression {
    if token.kind == .star {
      index += 1
      return .valueProjection(left, try parseProjected(by: .dot))
    }
    let right = try parseAfterDot(by: .dot)
    guard case .sequence(let parts) = left else { return .sequence([left, right]) }
    return .sequence(parts + [right])
  }

  private mutating func parseAfterDot(by kind: Token.Kind) throws(JMESPathError) -> Expression {
    switch token.kind {
    case .quotedIdentifier, .unquotedIdentifier, .star: return try parseExpression(above: kind)
    case .lbracket:
      index += 1
      return try parseMultiSelectList()
    case .lbrace:
      index += 1
      return try parseMultiSelectHash()
    default:
      throw unexpected(
        token,
        "Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: \(token.kind.rawValue)")
    }
  }

  /// Parses the expression that a projection, begun by `kind`, applies to each element.
  private mutating func parseProjected(by kind: Token.Kind) throws(JMESPathError) -> Expression {
    switch token.kind {
    case let next where next.stopsProjection: return .current
    case .lbracket, .filter: return try parseExpression(above: kind)
    case .dot:
      index += 1
      return try parseAfterDot(by: kind)
    default: throw unexpected(token, "syntax error")
    }
  }

  private mutating func parseFilter(of left: Expression) throws(JMESPathError) -> Expression {
    let condition = try parseExpression()
    _ = try expect(.rbracket)
    let right = token.kind == .flatten ? .current : try parseProjected(by: .filter)
    return .filterProjection(left, condition: condition, right)
  }

  /// Parses the rest of an expression that begins with `[`.
  private mutating func parseBracket() throws(JMESPathError) -> Expression {
    if token.kind == .number || token.kind == .colon { return try parseIndex(of: [.current]) }
    guard token.kind == .star, tokenAfterNext.kind == .rbracket else { return try parseMultiSelectList() }
    index += 2
    return .projection(.current, try parseProjected(by: .star))
  }

  private mutating func parseBracket(after left: Expression) throws(JMESPathError) -> Expression {
    if token.kind == .number || token.kind == .colon {
      guard case .indexed(let parts) = left else { return try parseIndex(of: [left]) }
      // The reference does not project a slice that follows an index.
      return .indexed(parts + [try parseIndexOrSlice()])
    }
    _ = try expect(.star)
    _ = try expect(.rbracket)
    return .projection(left, try parseProjected(by: .star))
  }

  private mutating func parseIndex(of base: [Expression]) throws(JMESPathError) -> Expression {
    let right = try parseIndexOrSlice()
    let indexed = Expression.indexed(base + [right])
    guard case .slice = right else { return indexed }
    return .projection(indexed, try parseProjected(by: .star))
  }

  private mutating func parseIndexOrSlice() throws(JMESPathError) -> Expression {
    if token.kind == .number, tokenAfterNext.kind != .colon {
      let place = advance().integer
      _ = try expect(.rbracket)
      return .index(place)
    }
    var bounds: [Int?] = [nil, nil, nil]
    var colons = 0
    while token.kind != .rbracket {
      switch token.kind {
      case .colon where colons < 2: colons += 1
      case .number: bounds[colons] = token.integer
      default: throw unexpected(token, "syntax error")
      }
      index += 1
    }
    index += 1
    return .slice(Slice(start: bounds[0], stop: bounds[1], step: bounds[2]))
  }

  private mutating func parseMultiSelectList() throws(JMESPathError) -> Expression {
    var elements = [try parseExpression()]
    while token.kind != .rbracket {
      _ = try expect(.comma)
      elements.append(try parseExpression())
    }
    index += 1
    return .multiSelectList(elements)
  }

  private mutating func parseMultiSelectHash() throws(JMESPathError) -> Expression {
    var members: [(name: String, value: Expression)] = []
    while true {
      let name = try expect(.quotedIdentifier, .unquotedIdentifier).value.pythonText
      _ = try expect(.colon)
      members.append((name, try parseExpression()))
      // The reference lets a comma be missing.
      if token.kind == .comma { index += 1 } else if token.kind == .rbrace { break }
    }
    index += 1
    return .multiSelectHash(members)
  }

  private mutating func parseCall(of left: Expression) throws(JMESPathError) -> Expression {
    guard case .field(let name) = left else {
      let previous = tokens[index - 2]
      throw unexpected(previous, "Invalid function name '\(previous.value.pythonText)'")
    }
    var arguments: [Expression] = []
    while token.kind != .rparen {
      arguments.append(try parseExpression())
      // The reference lets a comma be missing, or follow the last one.
      if token.kind == .comma { index += 1 }
    }
    index += 1
    return .call(name, arguments)
  }
}

extension Token {
  /// Returns the number, clamped to `Int`: no array is larger.
  fileprivate var integer: Int {
    let text = value.pythonText
    return Int(text) ?? (text.hasPrefix("-") ? -Int.max : Int.max)
  }
}
