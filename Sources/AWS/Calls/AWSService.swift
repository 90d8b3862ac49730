internal import Outbound

/// An AWS service that is called, in the words that its protocol and its endpoints need.
package struct AWSService: Sendable, Equatable {
  /// As in host names and signatures.
  package let name: String
  /// For people.
  package let title: String
  /// Whether its errors are XML, as in the query protocol; else they are JSON.
  let answersInXML: Bool

  /// Reads an answer that is an error.
  func error(_ response: TransportResponse) -> ServiceError {
    ServiceError(response, from: title, isXML: answersInXML)
  }

  package static let connect = AWSService(name: "connect", title: "Amazon Connect", answersInXML: false)
  package static let sts = AWSService(name: "sts", title: "AWS STS", answersInXML: true)
}
