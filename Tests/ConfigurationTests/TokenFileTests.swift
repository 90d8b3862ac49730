import FoundationEssentials
import Glibc
import Secrets
import TestSupport
import Testing

@testable import Configuration

struct TokenFileTests {
  private let good = String(repeating: "t", count: 43)

  @Test("A missing file is made, with its directory, for this user only")
  func creation() throws {
    let directory = ScratchDirectory()
    let file = TokenFile(path: "\(directory.path)/a/b/token")
    let token = try file.readOrCreate()
    #expect(token.count == 43)
    #expect(try file.readOrCreate() == token)
    var status = stat()
    #expect(stat(file.path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
    #expect(stat("\(directory.path)/a/b", &status) == 0 && status.st_mode & 0o7777 == 0o700)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/a/b") == ["token"],
      "no temporary file is left")
    let other = TokenFile(path: "\(directory.path)/other")
    #expect(try other.readOrCreate() != token)
  }

  @Test("Of daemons that start at once all take the same token")
  func race() async throws {
    let directory = ScratchDirectory()
    let file = TokenFile(path: "\(directory.path)/token")
    let tokens = try await withThrowingTaskGroup(of: Secret.self) { group in
      for _ in 0..<16 { group.addTask { try file.readOrCreate() } }
      return try await group.reduce(into: [Secret]()) { $0.append($1) }
    }
    #expect(tokens.allSatisfy { $0 == tokens[0] })
  }

  @Test("A token written by hand is taken, white space after it aside", arguments: ["", "\n", "\r\n", " \n"])
  func byHand(ending: String) throws {
    let directory = ScratchDirectory()
    let path = write(good + ending, to: "token", mode: 0o600, in: directory)
    #expect(try TokenFile(path: path).read() == Secret(good))
  }

  @Test(
    "What holds no token is refused",
    arguments: [
      "", "\n", "short", "two words of some length that make no token at all", String(repeating: "\"", count: 40),
      String(repeating: "null\0", count: 10),
    ])
  func noToken(content: String) throws {
    let directory = ScratchDirectory()
    let path = write(content, to: "token", mode: 0o600, in: directory)
    expectRefused(path, .notAToken)
  }

  @Test("A file of any size is read in part only")
  func huge() throws {
    let directory = ScratchDirectory()
    let path = write(String(repeating: "t", count: 5000), to: "token", mode: 0o600, in: directory)
    expectRefused(path, .notAToken)
  }

  @Test(
    "A file that others can read or replace is refused", arguments: [0o644, 0o640, 0o604, 0o620, 0o601, 0o666, 0o4600])
  func tooOpen(mode: mode_t) throws {
    let directory = ScratchDirectory()
    let path = write(good, to: "token", mode: mode, in: directory)
    expectRefused(path, .tooOpen(mode: mode, allowed: 0o600))
  }

  @Test("With token_group the group may read, that group and no other")
  func group() throws {
    let directory = ScratchDirectory()
    let path = write(good, to: "token", mode: 0o640, in: directory)
    #expect(try TokenFile(path: path, group: getegid()).read() == Secret(good))
    let other = TokenFile(path: path, group: getegid() + 1)
    #expect(throws: TokenFileError(path: path, reason: .foreignGroup(getegid()))) { try other.read() }
    let writable = write(good, to: "writable", mode: 0o660, in: directory)
    #expect(throws: TokenFileError.self) { try TokenFile(path: writable, group: getegid()).read() }
    let made = TokenFile(path: "\(directory.path)/made", group: getegid())
    _ = try made.readOrCreate()
    var status = stat()
    #expect(stat(made.path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
  }

  @Test("A token that is there already is shared with a group that is named later, and stays the same")
  func groupNamedLater() throws {
    let directory = ScratchDirectory()
    let path = "\(directory.path)/token"
    let token = try TokenFile(path: path).readOrCreate()
    #expect(try TokenFile(path: path, group: getegid()).readOrCreate() == token)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o640 && status.st_gid == getegid())
  }

  @Test("A token that another group may know is refused when token_group changes or goes")
  func groupChangedLater() throws {
    let directory = ScratchDirectory()
    let path = write(good, to: "token", mode: 0o640, in: directory)
    #expect(throws: TokenFileError(path: path, reason: .foreignGroup(getegid()))) {
      try TokenFile(path: path, group: getegid() + 1).readOrCreate()
    }
    expectRefused(path, .tooOpen(mode: 0o640, allowed: 0o600))
  }

  @Test("A link is refused, whatever it leads to")
  func links() throws {
    let directory = ScratchDirectory()
    let target = write(good, to: "target", mode: 0o600, in: directory)
    let link = "\(directory.path)/link"
    #expect(symlink(target, link) == 0)
    expectRefused(link, .symbolicLink)
  }

  @Test("Neither a directory nor a FIFO is a token file, and neither hangs the start")
  func otherKinds() throws {
    let directory = ScratchDirectory()
    expectRefused("\(directory.path)/.", .notRegular)
    #expect(mkfifo("\(directory.path)/fifo", 0o600) == 0)
    expectRefused("\(directory.path)/fifo", .notRegular)
  }

  @Test("A file of another user is refused: that user could choose the token", .enabled(if: geteuid() == 0))
  func foreignOwner() throws {
    // As root, a file of root's own is fine and any other is somebody else's.
    let directory = ScratchDirectory()
    let path = write(good, to: "token", mode: 0o600, in: directory)
    #expect(chown(path, 1234, gid_t.max) == 0)
    expectRefused(path, .foreignOwner(1234))
  }

  @Test(
    "A directory in which others can replace the file is refused, with a file in it and without",
    arguments: [0o777, 0o2777, 0o775, 0o2770, 0o722, 0o720, 0o702])
  func writableDirectory(mode: mode_t) throws {
    let directory = ScratchDirectory()
    #expect(chmod(directory.path, mode) == 0)
    let path = "\(directory.path)/token"
    expectRefused(path, .writableDirectory(mode: mode))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [], "nothing is left")
    _ = write(good, to: "token", mode: 0o600, in: directory)
    expectRefused(path, .writableDirectory(mode: mode))
    #expect(try TokenFile(path: path).readToSign() == Secret(good), "a client only signs with it")
    // What fedbroker makes in it is its own.
    #expect(try TokenFile(path: "\(directory.path)/own/token").readOrCreate().count == 43)
  }

  @Test(
    "In a sticky directory others cannot replace the file", arguments: [0o1777, 0o3777, 0o1770, 0o755, 0o711, 0o500])
  func safeDirectory(mode: mode_t) throws {
    let directory = ScratchDirectory()
    let path = write(good, to: "token", mode: 0o600, in: directory)
    #expect(chmod(directory.path, mode) == 0)
    #expect(try TokenFile(path: path).readOrCreate() == Secret(good))
  }

  @Test("A directory of another user is refused: that user could replace the file", .enabled(if: geteuid() == 0))
  func foreignDirectory() throws {
    let directory = ScratchDirectory()
    let path = write(good, to: "token", mode: 0o600, in: directory)
    #expect(chown(directory.path, 1234, gid_t.max) == 0)
    expectRefused(path, .foreignDirectory(1234))
  }

  @Test("A link of another user on the way is refused: that user could turn it", .enabled(if: geteuid() == 0))
  func foreignLink() throws {
    let directory = ScratchDirectory()
    let own = "\(directory.path)/own"
    #expect(mkdir(own, 0o700) == 0)
    let (ours, theirs) = ("\(directory.path)/ours", "\(directory.path)/theirs")
    #expect(symlink(own, ours) == 0)
    #expect(symlink(own, theirs) == 0)
    #expect(lchown(theirs, 1234, gid_t.max) == 0)
    let token = try TokenFile(path: "\(ours)/token").readOrCreate()
    expectRefused("\(theirs)/token", .foreignLink(path: theirs, owner: 1234))
    expectRefused("\(theirs)/below/token", .foreignLink(path: theirs, owner: 1234))
    #expect(try TokenFile(path: "\(ours)/token").readOrCreate() == token)
  }

  @Test(
    "A directory that others put in the place of ours, above which they may write, is refused",
    .enabled(if: geteuid() == 0))
  func replacedDirectory() throws {
    let directory = ScratchDirectory()
    let (own, path) = ("\(directory.path)/own", "\(directory.path)/own/token")
    #expect(chmod(directory.path, 0o777) == 0)
    _ = try TokenFile(path: path).readOrCreate()
    #expect(rename(own, own + ".away") == 0)
    #expect(mkdir(own, 0o755) == 0)
    _ = write(good, to: "own/token", mode: 0o600, in: directory)
    #expect(chown(path, 1234, gid_t.max) == 0)
    #expect(chown(own, 1234, gid_t.max) == 0)
    expectRefused(path, .foreignOwner(1234))
  }

  @Test("A directory that cannot be written to is named, with the reason")
  func cannotCreate() {
    let error = #expect(throws: TokenFileError.self) { try TokenFile(path: "/proc/none/token").readOrCreate() }
    #expect(error?.description.hasPrefix("token file /proc/none/token: it cannot be made: ") == true)
  }

  private func write(_ text: String, to name: String, mode: mode_t, in directory: ScratchDirectory) -> String {
    let path = directory.write(name, text)
    chmod(path, mode)
    return path
  }

  private func expectRefused(_ path: String, _ reason: TokenFileError.Reason) {
    #expect(throws: TokenFileError(path: path, reason: reason)) { try TokenFile(path: path).readOrCreate() }
  }
}
