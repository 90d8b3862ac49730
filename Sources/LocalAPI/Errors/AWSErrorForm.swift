internal import JSON
internal import LocalHTTP
internal import Secrets

/// How an AWS service writes an error, so that its SDK understands that it has come to the wrong place.
///
/// With `AWS_ENDPOINT_URL` every service's requests come here. The request tells its protocol, as Smithy's protocols
/// require, and its signature the service.
struct AWSErrorForm: Sendable {
  private enum Form: Sendable {
    /// REST-JSON, which has the code in a header.
    case restJSON
    /// The AWS JSON protocols, which have the code in `__type`.
    case json
    /// Smithy's RPC v2 CBOR.
    case cbor
    /// The AWS query protocol, and REST-XML but for Amazon S3.
    case xml
    /// Amazon EC2's variant of the query protocol.
    case ec2
    /// Amazon S3's XML without a wrapper.
    case s3
  }

  private let form: Form
  /// The service in the scope of the signature; `nil` where that is Amazon Connect, or unknown.
  let otherService: String?

  private static let xmlServices: Set = ["route53", "cloudfront", "s3-control"]
  private static let s3Services: Set = ["s3", "s3express", "s3-object-lambda", "s3-outposts"]

  /// The form of Amazon Connect.
  init() {
    form = .restJSON
    otherService = nil
  }

  init(of request: Request) {
    let service = LocalSignature.claimedService(of: request)
    otherService = service == "connect" ? nil : service
    let mediaType = request.value("content-type") ?? ""
    if request.value("smithy-protocol")?.hasPrefix("rpc-v2-cbor") == true {
      form = .cbor
    } else if request.contains("x-amz-target") || mediaType.hasPrefix("application/x-amz-json") {
      form = .json
    } else if mediaType.hasPrefix("application/x-www-form-urlencoded") {
      form = service == "ec2" ? .ec2 : .xml
    } else if let service, Self.s3Services.contains(service) {
      form = .s3
    } else {
      form = service.map(Self.xmlServices.contains) == true ? .xml : .restJSON
    }
  }

  /// Returns the content of an error.
  func content(code: String, message: String, requestID: String) -> Content {
    func element(_ name: String, _ text: String) -> String { "<\(name)>\(Self.escaped(text))</\(name)>" }
    let error = element("Code", code) + element("Message", message)
    let declaration = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
    switch form {
    case .restJSON:
      let body: JSONValue = ["message": .string(message)]
      return Content(mediaType: "application/json", bytes: Secret(body.text))
    case .json:
      let body: JSONValue = ["__type": .string(code), "message": .string(message)]
      return Content(mediaType: "application/json", bytes: Secret(body.text))
    case .cbor:
      return Content(mediaType: "application/cbor", bytes: Secret(Self.cbor([("__type", code), ("message", message)])))
    case .xml:
      let text =
        "<ErrorResponse><Error><Type>Sender</Type>\(error)</Error>\(element("RequestId", requestID))</ErrorResponse>"
      return Content(mediaType: "text/xml", bytes: Secret(declaration + text))
    case .ec2:
      let text = "<Response><Errors><Error>\(error)</Error></Errors>\(element("RequestID", requestID))</Response>"
      return Content(mediaType: "text/xml", bytes: Secret(declaration + text))
    case .s3:
      let text = "<Error>\(error)\(element("RequestId", requestID))</Error>"
      return Content(mediaType: "application/xml", bytes: Secret(declaration + text))
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  /// A map of texts (RFC 8949 §3).
  private static func cbor(_ members: [(name: String, text: String)]) -> [UInt8] {
    var bytes: [UInt8] = [0xA0 | UInt8(members.count)]
    for text in members.flatMap({ [$0.name, $0.text] }) {
      let count = text.utf8.count
      if count < 24 {
        bytes.append(0x60 | UInt8(count))
      } else {
        bytes += [0x79, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
      }
      bytes += text.utf8
    }
    return bytes
  }
}
