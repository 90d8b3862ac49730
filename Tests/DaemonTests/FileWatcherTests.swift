import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// On a real directory, with the kernel's own events.
@Suite(.timeLimit(.minutes(5)))
struct FileWatcherTests {
  private let directory = ScratchDirectory()

  /// A watcher of some names in the directory, or of other paths, and the changes that it tells.
  private func watch(_ paths: String...) -> (watcher: FileWatcher, changes: AsyncStream<[String]>) {
    let (changes, continuation) = AsyncStream.makeStream(of: [String].self)
    let paths = paths.map { $0.hasPrefix("/") ? $0 : "\(directory.path)/\($0)" }
    return (FileWatcher(paths: { paths }, onChange: { continuation.yield($0.sorted()) }), changes)
  }

  private func next(_ changes: AsyncStream<[String]>) async -> [String]? {
    for await change in changes { return change.map { String($0.dropFirst(directory.path.count + 1)) } }
    return nil
  }

  private func overwrite(_ name: String, _ text: String) throws {
    let descriptor = open("\(directory.path)/\(name)", O_WRONLY | O_TRUNC | O_CLOEXEC)
    try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
    close(descriptor)
  }

  @Test("A file that is written, replaced, removed and made again is told each time")
  func changes() async throws {
    directory.write("token", "one")
    let (watcher, changes) = watch("token")
    try overwrite("token", "two")
    #expect(await next(changes) == ["token"])
    for text in ["three", "four"] {
      directory.write("token", text)
      #expect(await next(changes) == ["token"])
    }
    unlink("\(directory.path)/token")
    #expect(await next(changes) == ["token"])
    directory.write("token", "five")
    #expect(await next(changes) == ["token"])
    directory.write("token", "six, after it was missing")
    #expect(await next(changes) == ["token"])
    withExtendedLifetime(watcher) {}
  }

  @Test("A file whose directories do not exist yet is told once it is there, and so is one behind a link that changes")
  func arrival() async throws {
    let (watcher, changes) = watch("a/b/config", "current/token")
    mkdir("\(directory.path)/a", 0o700)
    mkdir("\(directory.path)/a/b", 0o700)
    directory.write("a/b/config", "x")
    #expect(await next(changes) == ["a/b/config"])
    // As Kubernetes puts a volume's new content in place: a link to another directory, renamed over the one before.
    for version in ["v1", "v2"] {
      mkdir("\(directory.path)/\(version)", 0o700)
      directory.write("\(version)/token", version)
      symlink(version, "\(directory.path)/link")
      rename("\(directory.path)/link", "\(directory.path)/current")
      if version == "v2" {
        unlink("\(directory.path)/v1/token")
        rmdir("\(directory.path)/v1")
      }
      #expect(await next(changes) == ["current/token"])
    }
    withExtendedLifetime(watcher) {}
  }

  @Test("What happens to other files wakes nobody: beside a watched file, in a missing one's directory, and /dev/null")
  func others() async throws {
    directory.write("token", "one")
    let (watcher, changes) = watch("token", "missing/config", "/dev/null", "/dev/nothing")
    let before = watcher.wakeUps
    for number in 0..<500 {
      directory.write("other-\(number)", "x")
      try overwrite("other-\(number)", "\(number)")
      close(open("/dev/null", O_RDWR))
      close(open("\(directory.path)/token", O_RDONLY))
      unlink("\(directory.path)/other-\(number)")
    }
    directory.write("token", "two")
    #expect(await next(changes) == ["token"])
    // One for the first name that came up where a watched one is missing, and for the change, whose events (the file
    // lost its name, then it is gone) may come apart.
    #expect(watcher.wakeUps - before <= 4)
  }
}
