internal import CCurl
internal import Synchronization

/// libcurl, which this program loads when the first call goes out.
///
/// It and its thirty libraries are a fifth of the memory of an idle daemon, and loading them takes longer than all else that
/// a command does.
package enum CurlLibrary {
  /// Why no call can go out, and what to install.
  package struct Unavailable: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
  }

  private static let isLoaded = Mutex(false)

  /// Loads libcurl, unless it is loaded already; a failure is not remembered.
  package static func load() throws(Unavailable) {
    try isLoaded.withLock { (isLoaded) throws(Unavailable) in
      guard !isLoaded else { return }
      try unsafe perform(fedbroker_load_curl)
      guard fedbroker_initialize() == CURLE_OK else {
        throw Unavailable(description: "libcurl could not be initialized")
      }
      isLoaded = true
    }
  }

  /// Throws what the first call would, and leaves nothing loaded.
  ///
  /// For a start, before there are other threads.
  package static func check() throws(Unavailable) {
    try unsafe perform(fedbroker_check_curl)
  }

  private static func perform(
    _ call: (UnsafeMutablePointer<CChar>?, Int) -> fedbroker_curl_status
  ) throws(Unavailable) {
    var detail = [CChar](repeating: 0, count: 256)
    let status = unsafe call(&detail, detail.count)
    let text = String(decoding: detail.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    switch status {
    case fedbroker_curl_usable: return
    case fedbroker_curl_too_old:
      throw Unavailable(description: "libcurl \(text) is too old: 7.87 or later is needed (Debian's package libcurl4)")
    default:
      throw Unavailable(
        description:
          "calls to AWS need libcurl 7.87 or later, which cannot be loaded (Debian's package libcurl4): \(text)")
    }
  }
}
