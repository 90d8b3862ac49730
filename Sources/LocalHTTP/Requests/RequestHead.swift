/// What the head of a request says, as positions in its bytes.
struct RequestHead: Sendable {
  let line: RequestLine
  let fields: [FieldLine]
  let framing: Framing
  /// How many bytes it has, with the empty line at its end.
  let count: Int
}
