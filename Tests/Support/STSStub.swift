package import Outbound
internal import Secrets
internal import Synchronization

/// AWS STS as a test wants it: each call is taken apart, kept, and answered by a closure.
package final class STSStub: HTTPTransport {
  package typealias Answer = Result<TransportResponse, TransportError>

  package struct Call: Sendable, Equatable {
    package let url: String
    /// Percent-decoded.
    package let form: [String: String]
    /// Who signed; `nil` for an unsigned call.
    package let accessKeyID: String?
    /// In whose name the signature is good; `nil` for an unsigned call.
    package let signingRegion: String?

    package var action: String { form["Action"] ?? "" }

    package init(_ request: TransportRequest) {
      url = request.url
      let pairs = String(decoding: request.body, as: UTF8.self).split(separator: "&").map { pair in
        pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.decoded)
      }
      form = Dictionary(pairs.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
      let scope = request.field("Authorization")?.split(separator: "Credential=").last?.split(separator: "/")
      accessKeyID = scope.map { String($0[0]) }
      signingRegion = scope.map { String($0[2]) }
    }

    private static func decoded(_ text: Substring) -> String {
      var bytes: [UInt8] = []
      var rest = Array(text.utf8)[...]
      while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
          bytes.append(value)
          rest = rest.dropFirst(2)
        } else {
          bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private let handler: @Sendable (Call) async -> Answer
  private let log = Mutex<[Call]>([])

  package init(_ handler: @escaping @Sendable (Call) async -> Answer) {
    self.handler = handler
  }

  package var calls: [Call] { log.withLock { $0 } }

  package func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let call = Call(request)
    log.withLock { $0.append(call) }
    return try await handler(call).get()
  }

  /// An answer of AssumeRole or AssumeRoleWithWebIdentity.
  package static func assumed(
    _ accessKeyID: String, secret: String = "assumed-secret", token: String = "assumed-token",
    expiration: String = "2100-01-01T00:00:00Z", action: String = "AssumeRole"
  ) -> Answer {
    .response(
      200,
      body: """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <\(action)Result>
            <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>
            <Credentials>
              <AccessKeyId>\(accessKeyID)</AccessKeyId>
              <SecretAccessKey>\(secret)</SecretAccessKey>
              <SessionToken>\(token)</SessionToken>
              <Expiration>\(expiration)</Expiration>
            </Credentials>
          </\(action)Result>
          <ResponseMetadata><RequestId>11111111-2222</RequestId></ResponseMetadata>
        </\(action)Response>
        """)
  }

  /// An answer of GetCallerIdentity.
  package static func caller(_ arn: String) -> Answer {
    .response(
      200,
      body: """
        <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>\
        <Arn>\(arn)</Arn><UserId>id of \(arn)</UserId><Account>1</Account></GetCallerIdentityResult>\
        </GetCallerIdentityResponse>
        """)
  }

  package static func error(_ status: Int, _ code: String) -> Answer {
    .response(
      status,
      body: """
        <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>\
        <Code>\(code)</Code><Message>No &quot;entry&quot; &amp; more</Message></Error>\
        <RequestId>33333333-4444</RequestId></ErrorResponse>
        """)
  }
}
