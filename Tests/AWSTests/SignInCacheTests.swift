import JSON
import Secrets
import System
import TestSupport
import Testing

@testable import AWS

struct SignInCacheTests {
  private let directory = ScratchDirectory()
  private let cache = SignInCache()

  @Test func `A file that is not there is none`() throws {
    #expect(try cache.read("\(directory.path)/token.json") == nil)
  }

  @Test func `A file too large to be a token is refused`() throws {
    let path = directory.write("token.json", bytes: [UInt8](repeating: 0x20, count: 4 << 20 + 1))
    let error = #expect(throws: AWSError.self) { try cache.read(path) }
    #expect(error?.message == "\(path) cannot be read: larger than 4 MiB")
  }

  @Test func `A file that was deleted meanwhile does not come back`() throws {
    let path = directory.write("token.json", "{}")
    let stamp = try #require(try cache.read(path)).stamp
    directory.remove("token.json")
    #expect(throws: AWSError.self) { try cache.write(Secret("{\"a\": 1}"), to: path, over: stamp) }
    #expect(try cache.read(path) == nil)
  }

  @Test func `A renewal of ours keeps the sign-in's name, and any other change takes it`() throws {
    let path = directory.write("token.json", "{}")
    let first = try #require(try cache.read(path))
    #expect(!cache.isOwnRenewal(path))
    try cache.write(Secret("{\"a\": 1}"), to: path, over: first.stamp)
    let renewed = try #require(try cache.read(path))
    #expect(renewed.json["a"]?.number == "1")
    #expect(renewed.lineage == first.lineage)
    #expect(cache.isOwnRenewal(path))
    #expect(try cache.read(path)?.lineage == first.lineage)
    directory.write("token.json", "{\"a\": 1}")
    #expect(!cache.isOwnRenewal(path))
    let next = try #require(try cache.read(path))
    #expect(next.lineage != first.lineage)
    #expect(try cache.read(path)?.lineage == next.lineage)
  }

  @Test func `A directory that is gone is named`() throws {
    let stamp = try #require(FileStamp(of: directory.write("token.json", "{}")))
    let path = "\(directory.path)/missing/token.json"
    #expect(throws: AWSError.self) { try cache.write(Secret("{}"), to: path, over: stamp) }
    let error = #expect(throws: SystemError.self) { try PrivateFile.replace(path, with: Secret("{}")) }
    #expect(error?.reason == "No such file or directory")
  }

  @Test func `A reader sees a whole file while it is replaced`() async throws {
    let texts = ["a", "b"].map { letter in "{\"t\": \"\(String(repeating: letter, count: 100_000))\"}" }
    let path = directory.write("token.json", texts[0])
    let writer = Task.detached {
      for turn in 1...200 { try PrivateFile.replace(path, with: Secret(texts[turn % 2])) }
    }
    for _ in 1...200 {
      let text = try #require(try cache.read(path)).json["t"]?.string ?? ""
      #expect(text.count == 100_000)
      #expect(Set(text).count == 1)
    }
    try await writer.value
  }
}
