internal import CCrypto
internal import CLinux
internal import Glibc

/// The block of environment variables at the top of the first thread's stack, as execve(2) made it.
package enum EnvironmentBlock {
  /// Overwrites the values of those variables for which `isSecret` returns true; they count as empty from then on.
  ///
  /// To be called before there are other threads.
  package static func wipe(where isSecret: (_ name: String, _ value: String) -> Bool) {
    guard let entries = unsafe fedbroker_environment() else { return }
    var index = 0
    while let entry = unsafe entries[index] {
      index += 1
      guard let equals = unsafe strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
      let name = unsafe UnsafeRawBufferPointer(start: entry, count: equals - entry)
      guard isSecret(unsafe String(decoding: name, as: UTF8.self), unsafe String(cString: equals + 1)) else { continue }
      unsafe OPENSSL_cleanse(equals + 1, strlen(equals + 1))
    }
  }
}
