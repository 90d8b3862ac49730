import Testing

@testable import LocalHTTP

/// The messages to and from the kernel, byte by byte.
struct SocketDiagnosisTests {
  private static let client = TCPEndpoint(address: [127, 0, 0, 1], port: 0x1234)
  private static let server = TCPEndpoint(address: [127, 0, 0, 1], port: 0x0AD8)

  @Test("A request names both ends of the client's socket")
  func request() {
    let bytes = SocketDiagnosis.request(local: Self.client, remote: Self.server, sequence: 7)
    var expected = Self.header(length: 72, type: 20, sequence: 7)
    expected[6] = 1  // NLM_F_REQUEST
    expected += [2, 6, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    expected += [0x12, 0x34, 0x0A, 0xD8] + [127, 0, 0, 1] + Self.zeros(12) + [127, 0, 0, 1] + Self.zeros(12)
    expected += Self.zeros(4) + [UInt8](repeating: 0xFF, count: 8)
    #expect(bytes == expected)
  }

  @Test("An answer is read with its attributes, and an IPv4 address in IPv6's form is one of IPv4")
  func answer() throws {
    let mapped = Self.zeros(10) + [0xFF, 0xFF, 127, 0, 0, 1]
    for (family, address) in [(2, [127, 0, 0, 1] + Self.zeros(12)), (10, mapped)] as [(UInt8, [UInt8])] {
      let bytes = Self.answer(family: family, address: address) + Self.zeros(8)
      let entry = try #require(Self.entry(Self.withLength(bytes)))
      #expect(entry.local == Self.client && entry.remote == Self.server)
      #expect(entry.uid == 0x0403_0201 && entry.inode == 5 && entry.state == 1 && entry.isHeldAndConnected)
    }
  }

  @Test("An answer that is cut, of another request, an error or of another family says nothing")
  func refusal() {
    let whole = Self.answer(family: 2, address: [127, 0, 0, 1] + Self.zeros(12))
    #expect(Self.entry(whole) != nil)
    for count in 0..<whole.count {
      #expect(Self.entry(Array(whole.prefix(count))) == nil)
      #expect(Self.entry(Self.withLength(Array(whole.prefix(count)))) == nil)
    }
    #expect(SocketDiagnosis.entry(in: whole.span, sequence: 8) == nil)
    for (position, value) in [(4, 2), (16, 1), (3, 1)] as [(Int, UInt8)] {
      var other = whole
      other[position] = value
      #expect(Self.entry(other) == nil, "byte \(position)")
    }
  }

  @Test(
    "Only a socket that a process holds and that is connected has an owner",
    arguments: [(1, true), (2, false), (3, false), (4, true), (5, true), (6, false), (8, true), (10, false)])
  func states(state: UInt8, isConnected: Bool) throws {
    var bytes = Self.answer(family: 2, address: [127, 0, 0, 1] + Self.zeros(12))
    bytes[17] = state
    #expect(try #require(Self.entry(bytes)).isHeldAndConnected == isConnected)
    // The kernel gives uid 0 for a socket that nobody holds.
    bytes.replaceSubrange(84..<88, with: Self.zeros(4))
    #expect(try #require(Self.entry(bytes)).isHeldAndConnected == false)
  }

  private static func entry(_ bytes: [UInt8]) -> SocketDiagnosis.Entry? {
    SocketDiagnosis.entry(in: bytes.span, sequence: 7)
  }

  /// Of the machines that this runs on, all are little-endian.
  private static func answer(family: UInt8, address: [UInt8]) -> [UInt8] {
    header(length: 88, type: 20, sequence: 7) + [family, 1, 0, 0] + [0x12, 0x34, 0x0A, 0xD8] + address + address
      + zeros(24) + [1, 2, 3, 4] + [5, 0, 0, 0]
  }

  private static func header(length: UInt8, type: UInt8, sequence: UInt8) -> [UInt8] {
    [length, 0, 0, 0, type, 0, 0, 0, sequence, 0, 0, 0] + zeros(4)
  }

  private static func withLength(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return bytes }
    return [UInt8(bytes.count)] + bytes.dropFirst()
  }

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
