internal import System

/// A Lua script of a server, which is called by its digest once the server knows it.
struct FleetScript: Sendable {
  let body: String
  /// SHA-1, in hexadecimal, as `EVALSHA` wants it.
  let digest: String

  init(_ body: String) {
    self.body = body
    digest = Digest.sha1Hexadecimal(of: body)
  }
}
