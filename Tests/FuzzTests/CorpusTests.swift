import FuzzedParsers
import TestSupport
import Testing

/// What the fuzzer found worth keeping, read again in each run of the suite; `make fuzz` looks for more.
@Suite struct CorpusTests {
  /// The inputs of a parser: a file each where a person wrote them, and one line each, in hexadecimal, where the fuzzer did.
  private static func corpus(of parser: Fuzzed) throws -> [[UInt8]] {
    let folder = "\(Oracle.packageRoot)/Tests/Fuzz/corpus/\(parser.rawValue)"
    let listing = ChildProcess.run(
      ["sh", "-c", "cd '\(folder)' && for file in *; do od -An -v -tx1 -w65536 \"$file\" | tr -d ' '; done"])
    try #require(listing.status == 0)
    let found = ChildProcess.run(["cat", "\(Oracle.packageRoot)/Tests/Fuzz/corpus/\(parser.rawValue).found"])
    try #require(found.status == 0)
    return try (listing.output + found.output).split(separator: "\n").map { try #require(bytes(ofHexadecimal: $0)) }
  }

  private static func bytes(ofHexadecimal text: Substring) -> [UInt8]? {
    guard text.utf8.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    var rest = text
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }

  @Test("each input of the corpus keeps what its parser promises", arguments: Fuzzed.allCases)
  func replay(_ parser: Fuzzed) throws {
    let corpus = try Self.corpus(of: parser)
    #expect(corpus.count > 1)
    for input in corpus { parser.run(input) }
  }

  /// Without the fuzzer's instruments: what is found is near the corpus.
  @Test("a thousand inputs near the corpus keep it too", arguments: Fuzzed.allCases)
  func neighbours(_ parser: Fuzzed) throws {
    let corpus = try Self.corpus(of: parser)
    var generator = SeededGenerator(seed: 19)
    for _ in 0..<1_000 {
      var input = corpus.randomElement(using: &generator) ?? []
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let position = Int.random(in: 0...input.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where position < input.count: input[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1 where position < input.count: input.remove(at: position)
        case 2: input.insert(UInt8.random(in: 0...255, using: &generator), at: position)
        default:
          let other = corpus.randomElement(using: &generator) ?? []
          input.replaceSubrange(position..., with: other.suffix(Int.random(in: 0...other.count, using: &generator)))
        }
      }
      parser.run(input)
    }
  }
}
