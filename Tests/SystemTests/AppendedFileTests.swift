import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import System

struct AppendedFileTests {
  private let directory = ScratchDirectory()
  private var path: String { "\(directory.path)/log" }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("Lines are appended to what is there, and a line that was cut ends before the next")
  func append() throws {
    directory.write("log", "first\ncut")
    var file = AppendedFile(path: path)
    try file.append(Array("second".utf8))
    try file.append(Array("third".utf8))
    file.close()
    #expect(try text(path) == "first\ncut\nsecond\nthird\n")
  }

  @Test("A file that is moved, removed or replaced is opened anew")
  func replaced() throws {
    var file = AppendedFile(path: path)
    try file.append(Array("1".utf8))
    #expect(rename(path, path + ".1") == 0)
    try file.append(Array("2".utf8))
    #expect(unlink(path) == 0)
    try file.append(Array("3".utf8))
    directory.write("other", "x\n")
    #expect(rename("\(directory.path)/other", path) == 0)
    try file.append(Array("4".utf8))
    file.close()
    #expect(try text(path + ".1") == "1\n" && text(path) == "x\n4\n")
  }

  @Test("A link, a pipe and a directory are refused", arguments: ["link", "pipe", "directory"])
  func refused(name: String) throws {
    let target = directory.write("target", "")
    #expect(symlink(target, "\(directory.path)/link") == 0)
    #expect(mkfifo("\(directory.path)/pipe", 0o600) == 0)
    #expect(mkdir("\(directory.path)/directory", 0o700) == 0)
    var file = AppendedFile(path: "\(directory.path)/\(name)")
    #expect(throws: SystemError.self) { try file.append([1]) }
    #expect(try text(target).isEmpty)
  }

  @Test("The journal gets its native protocol, where a value may have line feeds")
  func journal() throws {
    let bytes = JournalSocket.datagram([("MESSAGE", "one"), ("TEXT", "a\nb"), ("PRIORITY", "6")])
    #expect(bytes == Array("MESSAGE=one\nTEXT\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("a\nb\nPRIORITY=6\n".utf8))
  }

  @Test("An entry arrives at the journal's socket, and a journal that is away is an error")
  func journalSocket() throws {
    let socketPath = "\(directory.path)/journal"
    var journal = JournalSocket(path: socketPath)
    #expect(throws: SystemError.self) { try journal.send([("MESSAGE", "lost")]) }
    let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(receiver) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
    let status = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    try journal.send([("MESSAGE", "kept")])
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "MESSAGE=kept\n")
    journal.close()
  }
}
