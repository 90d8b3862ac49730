import Secrets
import System
import TestSupport
import Testing

@testable import FederationBroker

struct FleetKeysTests {
  private static let key = Base64.standard.encode([UInt8](repeating: 7, count: 32))
  private static let other = Base64.standard.encode([UInt8](0..<32))

  @Test func `one to four lines are keys, the first of which encrypts`() throws {
    #expect(try FleetKeys(parsing: Secret("a:\(Self.key)")).keys.map(\.id) == ["a"])
    let four = try FleetKeys(parsing: Secret("2026-11:\(Self.key)\nb:\(Self.other)\n\nc:\(Self.key)\nd_:\(Self.key)\n"))
    #expect(four.keys.map(\.id) == ["2026-11", "b", "c", "d_"])
    #expect(four.keys[0].encryption != four.keys[1].encryption && four.keys[0].encryption != four.keys[0].naming)
  }

  @Test(arguments: [
    ("", "there is none"), ("\n\n", "there is none"), ("a", "ID:KEY"), (":\(key)", "ID:KEY"), ("a b:\(key)", "ID:KEY"),
    ("0123456789abcdefg:\(key)", "ID:KEY"), ("a:", "32 bytes"), ("a:\(key.dropLast())", "32 bytes"),
    ("a:\(key)=", "32 bytes"), ("a:\(key.dropLast(4))", "32 bytes"), ("a:\(key) ", "32 bytes"),
    ("a:\(key)\r\n", "32 bytes"), ("a:\(key)\na:\(other)", "twice"),
    ("a:\(key)\nb:\(key)\nc:\(key)\nd:\(key)\ne:\(key)", "at most 4"),
    ("a:" + String(key.reversed()), "32 bytes"),
  ])
  func `what is no key file says what is expected, and shows nothing of it`(text: String, mentioned: String) {
    let error = #expect(throws: FleetKeys.Invalid.self) { try FleetKeys(parsing: Secret(text)) }
    #expect(error?.description.contains(mentioned) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(Self.key.prefix(8)) == false)
  }

  @Test func `a key file that others may read is refused, with its mode`() throws {
    let directory = ScratchDirectory()
    let path = directory.write("key", "a:\(Self.key)\n")
    for mode in ["600", "640", "400", "440"] {
      _ = ChildProcess.run(["chmod", mode, path])
      #expect(try FleetKeys(file: path).keys.count == 1)
    }
    for mode in ["644", "660", "604", "641", "650"] {
      _ = ChildProcess.run(["chmod", mode, path])
      let error = #expect(throws: FleetKeys.Invalid.self) { try FleetKeys(file: path) }
      #expect(error?.description.contains(mode) == true)
    }
    let missing = #expect(throws: FleetKeys.Invalid.self) { try FleetKeys(file: "\(directory.path)/none") }
    #expect(missing?.description.contains("No such file") == true)
  }
}
