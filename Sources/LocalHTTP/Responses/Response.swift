package import HTTPTypes
package import Secrets
internal import Synchronization
internal import System

/// The response of a handler.
///
/// The encoder adds the status line, `Date`, `Cache-Control: no-store`, `X-Content-Type-Options: nosniff`,
/// `Content-Length`, `Connection` and, for content that was compressed, `Content-Encoding` and `Vary`.
package struct Response: Sendable {
  /// The status code with its reason phrase.
  package var status: HTTPResponse.Status
  /// The handler's own fields.
  package var fields: HTTPFields {
    get {
      switch fieldSource {
      case .listed(let fields): fields
      case .encoded(let encoded): encoded.fields
      }
    }
    set { fieldSource = .listed(newValue) }
  }
  private(set) var fieldSource: FieldSource
  /// `nil` sends none: `Content-Length: 0`, or no such field with a 204.
  package var content: Content?
  /// The value of `Date`, in seconds since the epoch; `nil` stands for this machine's clock.
  ///
  /// An emulator has a clock of its own.
  package var date: Int?

  enum FieldSource: Sendable {
    case listed(HTTPFields)
    case encoded(EncodedFields)
  }

  /// Makes a response with fields that are encoded when it is sent.
  package init(
    status: HTTPResponse.Status, fields: HTTPFields = [:], content: Content? = nil, date: Int? = nil
  ) {
    self.status = status
    fieldSource = .listed(fields)
    self.content = content
    self.date = date
  }

  /// Makes a response with fields that are encoded already.
  package init(status: HTTPResponse.Status, fields: EncodedFields, content: Content?) {
    self.status = status
    fieldSource = .encoded(fields)
    self.content = content
  }
}

/// The content of a response, made once and sent any number of times.
package final class Content: Sendable {
  /// The value of `Content-Type`.
  package let mediaType: String
  /// The content itself.
  package let bytes: Secret
  /// The gzip form (RFC 1952), if `bytes` has 1 KiB or more and gzip makes it smaller.
  package let compressed: Secret?

  /// The field lines that describe each form, encoded once so that a hit does not.
  let lines: [UInt8]
  let compressedLines: [UInt8]
  private let madeDigest = Mutex<String?>(nil)

  /// The SHA-256 of `bytes` in hexadecimal, made at its first use: most content is never asked for it.
  package var digest: String {
    if let digest = madeDigest.withLock({ $0 }) { return digest }
    let digest = Digest.hexadecimal(of: bytes)
    madeDigest.withLock { $0 = digest }
    return digest
  }

  /// What the tag of the compressed form ends with: strong tags differ where bytes do (RFC 9110 §8.8.3.3).
  package static let compressedMark = "-gzip"

  /// Compresses at once, so that no response from a cache has to.
  ///
  /// - Parameter tag: The strong `ETag`, without quotes; `nil` sends none.
  package init(mediaType: String, bytes: Secret, tag: String? = nil) {
    self.mediaType = mediaType
    self.bytes = bytes
    compressed = bytes.count >= Self.smallestCompressed ? Gzip.compress(bytes) : nil
    // A cache must tell the forms apart even when it was sent the plain one (RFC 9110 §12.5.5).
    let vary = compressed == nil ? "" : "Vary: Accept-Encoding\r\n"
    let line = tag.map { "ETag: \"\($0)\"\r\n" } ?? ""
    lines = Self.lines(mediaType, count: bytes.count, also: vary + line)
    compressedLines =
      compressed.map { compressed in
        let line = tag.map { "ETag: \"\($0)\(Self.compressedMark)\"\r\n" } ?? ""
        return Self.lines(mediaType, count: compressed.count, also: vary + "Content-Encoding: gzip\r\n" + line)
      } ?? []
  }

  /// The size in bytes from which content is compressed.
  package static let smallestCompressed = 1024

  private static func lines(_ mediaType: String, count: Int, also others: String) -> [UInt8] {
    var lines = Array("Content-Type: ".utf8)
    lines.appendFieldValue(mediaType.utf8Span.span)
    lines.append(contentsOf: "\r\nContent-Length: \(count)\r\n\(others)".utf8)
    return lines
  }
}
