/// Names one request in an error answer and in the log: 16 hexadecimal digits, at random.
struct RequestID: Sendable, CustomStringConvertible {
  let description: String

  init() {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    description = String(repeating: "0", count: 16 - digits.count) + digits
  }
}
