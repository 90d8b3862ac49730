import CLinux
import Glibc
import System
import TestSupport
import Testing

@testable import DBus

/// The client before buses that misbehave, each played by the other end of a socket.
struct BusClientTests {
  private static let hello = "OK 0123456789abcdef\r\n"

  /// The answer of the bus to the call with that serial: one string, from the bus itself.
  private static func reply(to serial: UInt8, type: UInt8 = 2, sender: String = BusClient.bus, member: String? = nil)
    -> [UInt8]
  {
    var fields: [UInt8] = []
    func add(_ code: UInt8, _ type: String, _ value: [UInt8]) {
      while fields.count % 8 != 0 { fields.append(0) }
      fields += [code, 1] + Array(type.utf8) + [0] + value
    }
    func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8) + [0] }
    if let member { add(3, "s", text(member)) } else { add(5, "u", [serial, 0, 0, 0]) }
    if type == 3 { add(4, "s", text("org.freedesktop.DBus.Error.Failed")) }
    add(7, "s", text(sender))
    add(8, "g", [1, UInt8(ascii: "s"), 0])
    let length = UInt8(fields.count)
    while fields.count % 8 != 0 { fields.append(0) }
    return [UInt8(ascii: "l"), type, 0, 1, 9, 0, 0, 0, 1, 0, 0, 0, length, 0, 0, 0] + fields
      + [4, 0, 0, 0] + Array(":1.7".utf8) + [0]
  }

  /// Has a bus write what it writes, whatever it is sent, and a client greet it.
  private static func greeted(
    by bytes: [UInt8], then further: [UInt8] = [], ends: Bool = false, patience: Int64 = 20_000,
    _ use: (inout BusClient) throws -> Void
  ) throws {
    var pair: [Int32] = [0, 0]
    try SystemError.check("socketpair") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) }
    defer { close(pair[1]) }
    try SystemError.check("write") { write(pair[1], bytes, bytes.count) }
    if ends { shutdown(pair[1], Int32(SHUT_WR)) }
    var client = BusClient(connected: pair[0], interrupt: try BusInterrupt(), patience: patience)
    try client.greet()
    try SystemError.check("write") { write(pair[1], further, further.count) }
    try use(&client)
  }

  @Test func `a client is greeted, calls, and gets the signals of those it trusts`() throws {
    let bytes =
      Self.reply(to: 0, type: 4, sender: ":1.66", member: "Lock")
      + Self.reply(to: 0, type: 4, sender: BusClient.bus, member: "NameOwnerChanged") + Self.reply(to: 2)
      + Self.reply(to: 0, type: 4, sender: ":1.66", member: "Lock")
      + Self.reply(to: 0, type: 4, sender: ":1.7", member: "Unlock")
    try Self.greeted(by: Array(Self.hello.utf8) + Self.reply(to: 1), then: bytes) { (client: inout BusClient) throws in
      client.trust(":1.7", insteadOf: nil)
      #expect(try client.call(BusClient.bus, path: "/", interface: "a.b", "GetNameOwner", "a") == [.text(":1.7")])
      #expect(try client.nextSignal().member == "NameOwnerChanged")
      #expect(try client.nextSignal().member == "Unlock")
    }
  }

  @Test func `an error of a call is told by its name`() throws {
    try Self.greeted(by: Array(Self.hello.utf8) + Self.reply(to: 1), then: Self.reply(to: 2, type: 3)) {
      (client: inout BusClient) throws in
      #expect(throws: BusError.answer("org.freedesktop.DBus.Error.Failed")) {
        _ = try client.call(BusClient.bus, path: "/", interface: "a.b", "A")
      }
    }
  }

  @Test(arguments: ["REJECTED EXTERNAL\r\n", "DATA\r\n", "ERROR\r\n", "\r\n"])
  func `a bus that does not admit us is said`(_ line: String) {
    #expect(throws: BusError.refused(String(line.dropLast()))) { try Self.greeted(by: Array(line.utf8)) { _ in } }
  }

  @Test func `a line without an end is not read for ever`() {
    #expect(throws: BusError.malformed("the answer to our name")) {
      try Self.greeted(by: [UInt8](repeating: 0x41, count: 4096)) { _ in }
    }
  }

  @Test(arguments: ["", "OK", hello, hello + "l\u{2}\u{0}\u{1}"])
  func `a bus that ends the connection is said`(_ text: String) {
    #expect(throws: BusError.ended) { try Self.greeted(by: Array(text.utf8), ends: true) { _ in } }
  }

  @Test(arguments: ["", hello])
  func `a bus that says nothing is not waited for longer than a while`(_ text: String) {
    #expect(throws: BusError.timedOut) { try Self.greeted(by: Array(text.utf8), patience: 1) { _ in } }
  }

  @Test func `what is no message ends the connection`() {
    #expect(throws: BusError.malformed("its first byte")) {
      try Self.greeted(by: Array((Self.hello + String(repeating: "x", count: 64)).utf8)) { _ in }
    }
  }

  @Test func `a wait ends at once when another thread says so`() throws {
    var ends: [Int32] = [0, 0]
    try SystemError.check("socketpair") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
    defer { close(ends[1]) }
    let interrupt = try BusInterrupt()
    var client = BusClient(connected: ends[0], interrupt: interrupt, patience: 20_000)
    interrupt.interrupt()
    #expect(throws: BusError.interrupted) { _ = try client.nextSignal() }
    #expect(interrupt.isInterrupted(within: 20_000))
  }
}
