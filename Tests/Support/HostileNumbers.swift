/// Numbers that end a careless process: the bounds of each width, their neighbours, and any others.
package enum HostileNumbers {
  private static let bounds: [String] = [
    "0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
    "18446744073709551615", "4294967295", "2147483648", "-2147483648", "9007199254740993", "1e308", "-1e308", "1e309",
    "1e-9223372036854775808", "1e9223372036854775807", "-1e-9223372036854775808", "1e-9223372036854775809",
    "1E+9223372036854775807", "1e400", "1e-400", "1e-401", "0e99999", "253402300799.999", "253402300800",
    "-62135596800", "-62135596800.001", "9223372036854775.807", "-9223372036854775.808", "9223372036854775.808",
    "0.00000000000000000000000000000001", "170141183460469231731687303715884105728",
    String(repeating: "9", count: 5000), "0." + String(repeating: "0", count: 5000) + "1",
  ]

  /// Texts of numbers in JSON's grammar, the same ones for a seed.
  package static func texts(_ count: Int, seed: UInt64) -> [String] {
    var random = SeededGenerator(seed: seed)
    let others = (0..<count).map { _ in
      let sign = Bool.random(using: &random) ? "-" : ""
      let fraction = Bool.random(using: &random) ? ".\(UInt64.random(in: 0...(.max), using: &random))" : ""
      let exponent = Int.random(in: 0..<3, using: &random) == 0 ? "e\(integer(using: &random))" : ""
      return "\(sign)\(integer(using: &random).magnitude)\(fraction)\(exponent)"
    }
    return bounds + others
  }

  /// A number of any size: small ones are as likely as large ones.
  package static func integer(using random: inout SeededGenerator) -> Int {
    let edges = [0, 1, -1, .max, .min, .max - 1, .min + 1, 1 << 52, -(1 << 52), 253_402_300_799_999]
    if Int.random(in: 0..<4, using: &random) == 0 { return edges.randomElement(using: &random) ?? 0 }
    return Int(truncatingIfNeeded: random.next()) >> Int.random(in: 0..<64, using: &random)
  }
}
