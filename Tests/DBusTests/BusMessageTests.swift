import Testing

@testable import DBus

/// Messages of a bus, well-formed and not.
struct BusMessageTests {
  @Test func `a call is written as the specification says`() throws {
    let bytes = BusMessage.call(
      serial: 258, destination: "a.b", path: "/a", interface: "a.b", member: "Get", arguments: ["x", "yz"])
    #expect(bytes.prefix(12) == [0x6C, 1, 0, 1, 15, 0, 0, 0, 2, 1, 0, 0])
    // The body begins at a multiple of 8, each string at one of 4.
    #expect(bytes.suffix(15) == [1, 0, 0, 0, 0x78, 0, 0, 0, 2, 0, 0, 0, 0x79, 0x7A, 0])
    #expect((bytes.count - 15) % 8 == 0)
    let read = try BusMessage(parsing: bytes)
    #expect(read.kind == .call)
    #expect(read.path == "/a")
    #expect(read.interface == "a.b")
    #expect(read.member == "Get")
    #expect(read.sender == nil)
    #expect(read.body == [.text("x"), .text("yz")])
  }

  @Test func `values of each type are read, of either byte order`() throws {
    let types = try BusType.all(in: "ybnqiuxtdsogavv(sb)a{sv}aax".utf8)
    #expect(types.count == 17)
    var little = BusReader([1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF], isBigEndian: false)
    #expect(try little.values(BusType.all(in: "bi".utf8)) == [.boolean(true), .integer(-2)])
    var big = BusReader([0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE], isBigEndian: true)
    #expect(try big.values(BusType.all(in: "bi".utf8)) == [.boolean(true), .integer(-2)])
  }

  @Test func `a dictionary of variants gives its properties`() throws {
    // {"A": <true>, "B": <"c">}: the entries begin at multiples of 8.
    let entries: [UInt8] =
      [1, 0, 0, 0, 0x41, 0, 1, 0x62, 0, 0, 0, 0, 1, 0, 0, 0]
      + [1, 0, 0, 0, 0x42, 0, 1, 0x73, 0, 0, 0, 0, 1, 0, 0, 0, 0x63, 0]
    var reader = BusReader([UInt8(entries.count), 0, 0, 0, 0, 0, 0, 0] + entries, isBigEndian: false)
    let value = try reader.value(.array(.structure([.basic(UInt8(ascii: "s")), .variant])))
    #expect(value.properties == ["A": .boolean(true), "B": .text("c")])
  }

  @Test(arguments: [
    "(", ")", "()", "a", "{sv}x{", "a{s}", "a{sss}", "m", "\u{0}", String(repeating: "a", count: 300) + "y",
  ])
  func `a signature that is none is refused`(_ text: String) {
    #expect(throws: BusError.self) { _ = try BusType.all(in: text.utf8) }
  }

  @Test func `every cut of a message is refused, and no change of a byte is a crash`() throws {
    let whole = BusMessage.call(
      serial: 1, destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "AddMatch", arguments: ["type='signal'"])
    for count in 0..<whole.count {
      #expect(throws: BusError.self) { _ = try BusMessage(parsing: Array(whole.prefix(count))) }
    }
    for index in whole.indices {
      for value: UInt8 in [0, 1, 0x28, 0x61, 0x76, 0x7F, 0x80, 0xFF] {
        var changed = whole
        changed[index] = value
        _ = try? BusMessage(parsing: changed)
      }
    }
  }

  @Test func `variants inside each other are read to a depth only`() throws {
    let deep = Array(repeating: [1, 0x76, 0] as [UInt8], count: 5000).flatMap(\.self)
    var reader = BusReader(deep, isBigEndian: false)
    #expect(throws: BusError.self) { _ = try reader.value(.variant) }
  }

  @Test func `what arrives byte by byte makes the same messages`() throws {
    let first = BusMessage.call(serial: 1, destination: "a.b", path: "/a", interface: "a.b", member: "A", arguments: [])
    let second = BusMessage.call(
      serial: 2, destination: "a.b", path: "/a", interface: "a.b", member: "B", arguments: ["c"])
    var framing = BusFraming()
    var members: [String?] = []
    for byte in first + second { members += try framing.add([byte]).map(\.member) }
    #expect(members == ["A", "B"])
    #expect(try framing.add(first + second).map(\.member) == ["A", "B"])
  }

  @Test func `a huge message is dropped as it comes, and the next one is read`() throws {
    // Anyone who is on the bus can send such to us alone.
    var huge = BusMessage.call(serial: 1, destination: "a.b", path: "/a", interface: "a.b", member: "A", arguments: [])
    let body = 32 << 20
    for index in 0..<4 { huge[4 + index] = UInt8(truncatingIfNeeded: body >> (index * 8)) }
    let next = BusMessage.call(serial: 2, destination: "a.b", path: "/a", interface: "a.b", member: "B", arguments: [])
    var framing = BusFraming()
    #expect(try framing.add(huge).isEmpty)
    let part = [UInt8](repeating: 0xFF, count: 1 << 16)
    for _ in 0..<(body / part.count) {
      #expect(try framing.add(part).isEmpty)
      #expect(framing.pendingCount == 0)
    }
    #expect(try framing.add(next).map(\.member) == ["B"])
  }

  @Test(
    arguments: [
      ("unix:path=/run/dbus/system_bus_socket", [.path("/run/dbus/system_bus_socket")]),
      ("unix:abstract=/tmp/a,guid=00;tcp:host=1.2.3.4,port=1;unix:path=/a%20b", [.abstract("/tmp/a"), .path("/a b")]),
      ("unix:guid=1,path=/x;", [.path("/x")]),
    ] as [(String, [BusAddress])])
  func `the addresses of unix sockets are found`(_ address: (text: String, found: [BusAddress])) throws {
    #expect(try BusAddress.all(in: address.text) == address.found)
  }

  @Test(arguments: [
    "", ";", "tcp:host=localhost,port=1", "unix:", "unix:path=", "unix:path=%0", "unix:path=/a%00b", "unix:dir=/tmp",
  ])
  func `an address that we cannot connect to is said`(_ text: String) {
    #expect(throws: BusError.self) { _ = try BusAddress.all(in: text) }
  }
}
