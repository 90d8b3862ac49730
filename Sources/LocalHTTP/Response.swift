package import HTTPTypes
package import Secrets

/// What a handler answers. The encoder adds the status line, `Date`, `Cache-Control: no-store`,
/// `X-Content-Type-Options: nosniff`, `Content-Length`, `Connection` and, for content that was compressed,
/// `Content-Encoding` and `Vary`.
package struct Response: Sendable {
  package var status: HTTPResponse.Status
  package var fields: HTTPFields
  /// `nil` sends none: `Content-Length: 0`, or no such field with a 204.
  package var content: Content?

  package init(status: HTTPResponse.Status, fields: HTTPFields = [:], content: Content? = nil) {
    self.status = status
    self.fields = fields
    self.content = content
  }
}

/// The content of a response, made once and sent any number of times.
package final class Content: Sendable {
  package let mediaType: String
  package let bytes: Secret
  /// The gzip form (RFC 1952), where `bytes` has 1 KiB or more.
  package let compressed: Secret?

  /// Compresses at once, so that no answer from a cache does.
  package init(mediaType: String, bytes: Secret) {
    self.mediaType = mediaType
    self.bytes = bytes
    self.compressed = bytes.count >= Self.smallestCompressed ? Gzip.compress(bytes) : nil
  }

  package static let smallestCompressed = 1024
}
