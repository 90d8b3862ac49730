internal import Secrets
internal import System

/// What a client has not taken yet of one answer.
struct UnsentOutput {
  private var head: ArraySlice<UInt8>
  private let content: Secret?
  private var contentStart = 0

  init(head: ArraySlice<UInt8>, content: Secret?) {
    self.head = head
    self.content = content
  }

  /// Bytes left.
  var count: Int { head.count + (content?.count ?? 0) - contentStart }

  /// Sends straight from the secret's memory.
  ///
  /// `nil` when the client takes nothing now.
  func send(to socket: Socket) throws(SystemError) -> Int? {
    try unsafe head.span.withUnsafeBytes { (head) throws(SystemError) in
      guard let content else { return try unsafe socket.send(head, UnsafeRawBufferPointer(start: nil, count: 0)) }
      return try unsafe content.withUnsafeBytes { (content) throws(SystemError) in
        try unsafe socket.send(head, UnsafeRawBufferPointer(rebasing: content[contentStart...]))
      }
    }
  }

  mutating func drop(_ count: Int) {
    let fromHead = min(count, head.count)
    head.removeFirst(fromHead)
    contentStart += count - fromHead
  }
}
