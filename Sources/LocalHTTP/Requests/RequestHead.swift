/// The head of a request, as positions in its bytes.
struct RequestHead: Sendable {
  let line: RequestLine
  let fields: [FieldLine]
  let framing: Framing
  /// The number of its bytes, including the empty line at its end.
  let count: Int
}
