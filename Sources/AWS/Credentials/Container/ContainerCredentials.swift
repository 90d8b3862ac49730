package import Clocks
internal import JSON
package import Outbound
internal import Secrets
internal import System

/// The credentials of an ECS task, an EKS pod or whatever else sets `AWS_CONTAINER_CREDENTIALS_…`.
///
/// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html and botocore's
/// ContainerProvider. Safe to use from any thread.
package struct ContainerCredentials {
  private let environment: Environment
  private let transport: any HTTPTransport

  package init(environment: Environment, transport: any HTTPTransport, clock: any MomentClock) {
    self.environment = environment
    self.transport = RetryingTransport(transport: transport, clock: clock, maxAttempts: 3) { outcome, _ in
      // An endpoint that comes up beside its container answers anything but credentials at first.
      if case .success(let response) = outcome, response.status == 200, Self.json(response) != nil { return nil }
      return 1000
    }
  }

  package func credentials() async throws(AWSError) -> AWSCredentials? {
    guard let endpoint = try ContainerEndpoint(environment) else { return nil }
    let source = "the container endpoint \(endpoint.origin)"
    var fields = [("Accept", Secret("application/json"))]
    if let token = try authorizationToken() { fields.append(("Authorization", token)) }
    let request = TransportRequest(
      method: "GET", url: endpoint.url, fields: fields, connectTimeout: 2, readTimeout: 2, bypassesProxy: true)
    let response: TransportResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw AWSError(unreached: source, error)
    }
    guard response.status == 200 else {
      let error = ServiceError(response, from: "it")
      throw AWSError(
        refused: "\(source) answered with status \(response.status): \(error.name): \(error.message)", error)
    }
    guard let json = Self.json(response) else {
      throw AWSError(.badResponse, "the answer of \(source) is not a JSON object")
    }
    return try AWSCredentials(metadata: json, source: source)
  }

  private static func json(_ response: TransportResponse) -> SecretJSON? {
    guard let json = try? SecretJSON(parsing: response.body), json.isObject else { return nil }
    return json
  }

  /// The file takes precedence over the variable; it is read each time, because EKS rotates it.
  private func authorizationToken() throws(AWSError) -> Secret? {
    let token: Secret
    let place: String
    if let path = environment.nonEmpty("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      place = "\(path) (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)"
      do {
        token = try FileContents(path: path).bytes
      } catch {
        throw AWSError(.noCredentials, "\(place) cannot be read: \(error.explanation)")
      }
    } else if let text = environment.nonEmpty("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
      place = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
      token = Secret(text)
    } else {
      return nil
    }
    guard !token.isEmpty else { throw AWSError(.noCredentials, "\(place) is empty") }
    let isFieldValue = token.withBytes { bytes in
      bytes.indices.allSatisfy { bytes[$0] >= 0x20 && bytes[$0] != 0x7F }
    }
    // RFC 9110 §5.5: a line break would add fields of its author's to the request.
    guard isFieldValue else {
      throw AWSError(.noCredentials, "\(place) holds a line break or another control character")
    }
    return token
  }
}
