import Glibc
import Secrets
import System
import TestSupport
import Testing

struct FileTests {
  private let directory = ScratchDirectory()

  @Test func `A file is read whole, with its stamp and its mode`() throws {
    let text = String(repeating: "x", count: 100_000)
    let path = directory.write("file", text)
    chmod(path, 0o640)
    let contents = try FileContents(path: path)
    #expect(contents.bytes.exposed == text)
    #expect(contents.stamp == FileStamp(of: path))
    #expect(contents.access.mode == 0o640)
    #expect(contents.access.owner == getuid())
  }

  @Test func `A file that tells no size is read to its end`() throws {
    #expect(try FileContents(path: "/proc/self/stat").bytes.count > 10)
  }

  @Test func `A file of the limit's size is read, one byte more is refused`() throws {
    let path = directory.write("file", "12345")
    #expect(try FileContents(path: path, limit: 5).bytes.count == 5)
    let error = #expect(throws: FileError.self) { try FileContents(path: path, limit: 4) }
    #expect(error?.reason == .tooLarge(limit: 4))
    // This one says that it has no bytes.
    #expect(throws: FileError.self) { try FileContents(path: "/proc/self/stat", limit: 4) }
  }

  @Test func `Only a regular file is read, and a pipe is refused at once`() {
    let pipe = "\(directory.path)/pipe"
    mkfifo(pipe, 0o600)
    for path in [pipe, directory.path, "/dev/null"] {
      let error = #expect(throws: FileError.self) { try FileContents(path: path) }
      #expect(error?.reason == .notRegular)
    }
    #expect((try? FileContents(path: "/dev/null", kind: .any))?.bytes.isEmpty == true)
  }

  @Test func `A missing file and a link that is not followed are told apart`() {
    let target = directory.write("file", "x")
    let link = "\(directory.path)/link"
    symlink(target, link)
    #expect((try? FileContents(path: link))?.bytes.count == 1)
    let refused = #expect(throws: FileError.self) { try FileContents(path: link, followsLinks: false) }
    #expect(refused?.code == ELOOP)
    #expect(refused?.isMissing == false)
    for path in ["\(directory.path)/none", "\(target)/none"] {
      #expect(#expect(throws: FileError.self) { try FileContents(path: path) }?.isMissing == true)
    }
  }

  @Test func `A file is made once, whole and for its owner alone`() throws {
    let path = "\(directory.path)/new"
    let stamp = try PrivateFile.create(path, Secret("first"))
    #expect(FileStamp(of: path) == stamp)
    let error = #expect(throws: SystemError.self) { try PrivateFile.create(path, Secret("second")) }
    #expect(error?.code == EEXIST)
    let contents = try FileContents(path: path)
    #expect(contents.bytes.exposed == "first")
    #expect(contents.access.mode == 0o600)
    #expect(directory.names == ["new"])
  }

  @Test func `A file is replaced in one step, whatever mode it had, and nothing stays beside it`() throws {
    let path = directory.write("file", "old")
    chmod(path, 0o644)
    let stamp = try PrivateFile.replace(path, with: Secret("new"))
    #expect(FileStamp(of: path) == stamp)
    #expect(try FileContents(path: path).bytes.exposed == "new")
    #expect(try FileContents(path: path).access.mode == 0o600)
    #expect(directory.names == ["file"])
  }

  @Test func `A group may read a file that is made for it`() throws {
    let path = "\(directory.path)/shared"
    try PrivateFile.create(path, Secret("x"), group: getgid())
    let access = try FileContents(path: path).access
    #expect(access.mode == 0o640)
    #expect(access.group == getgid())
  }

  @Test func `Missing directories are made for their owner alone`() throws {
    try PrivateFile.createDirectories(above: "\(directory.path)/a/b/file")
    var status = stat()
    #expect(stat("\(directory.path)/a/b", &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o700)
    let file = directory.write("file", "")
    let error = #expect(throws: FileError.self) { try PrivateFile.createDirectories(above: "\(file)/b/file") }
    #expect(error?.path == "\(file)/b")
  }

  @Test func `All bytes are written to a descriptor that does not block, as its reader takes them`() async throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    _ = fcntl(writer, F_SETFL, O_NONBLOCK)
    let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    // Both block, and Swift has as many threads for tasks as there are cores.
    async let writing: Void = RawClient.onThread {
      defer { close(writer) }
      try bytes.span.writeAll(to: writer)
    }
    let received = try await RawClient.onThread {
      var received: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 5000)
      while case let count = read(reader, &buffer, buffer.count), count > 0 { received += buffer[..<count] }
      close(reader)
      return received
    }
    try await writing
    #expect(received == bytes)
  }

  @Test func `Writing to a closed descriptor is an error`() {
    let error = #expect(throws: SystemError.self) { try [UInt8(1)].span.writeAll(to: -1) }
    #expect(error == SystemError(call: "write", code: EBADF))
  }
}
