internal import Clocks
internal import Outbound
internal import Secrets

extension ConnectFederation {
  /// Tries the way of an instance's calls, up to the operation itself; ends at the first step that is wrong.
  ///
  /// - Parameters:
  ///   - region, identity, endpointURL: As for `token`.
  ///   - regionOrigin: Where the region's name comes from, for people.
  package func diagnosis(
    region: String, regionOrigin: String, identity: Identity, endpointURL: String?
  ) async -> [Finding] {
    var findings: [Finding] = []
    var report: CredentialReport?
    if settings.signsRequests {
      let found = await credentialReport(identity)
      report = found
      // Without a network, a source that needs one has no credentials: then the network is the reason.
      guard found.isGood || found.lacksNetwork else { return [found.finding] }
      if found.isGood { findings.append(found.finding) }
    }
    let endpoint: Endpoint
    let section: SharedConfiguration.Section?
    do throws(AWSError) {
      (endpoint, section) = try target(region: region, identity, endpointURL: endpointURL)
    } catch {
      return findings + [
        .wrong(
          .endpoint, tried: "looked for the address of Amazon Connect in \(region)", error.message,
          mend: "Correct endpoint_url, AWS_ENDPOINT_URL_CONNECT or the profile")
      ]
    }
    findings.append(Self.finding(ofRegion: region, regionOrigin, endpoint))
    findings += await probe(endpoint, section).findings
    if findings.contains(where: { $0.outcome == .wrong }) { return findings }
    if let report, !report.isGood { return findings + [report.finding] }
    if report != nil { findings.append(await caller(of: identity)) }
    return findings
  }

  private func credentialReport(_ identity: Identity) async -> CredentialReport {
    do throws(AWSError) { return try await credentials.report(on: identity, asksWhose: false) } catch {
      return CredentialReport(failure: error)
    }
  }

  /// A configured endpoint may be that of any region.
  private static func finding(ofRegion region: String, _ origin: String, _ endpoint: Endpoint) -> Finding {
    let tried = "looked for the instance's region"
    guard !Region.known.contains(region), endpoint.authority.contains(".\(region).") else {
      return .good(.region, tried: tried, "\(region), of \(origin)")
    }
    return .warning(
      .region, tried: tried, "\(region), of \(origin), is in no AWS partition that this version knows",
      mend: "A region is named like us-west-2: check its spelling")
  }

  /// Seconds: somebody waits for the diagnosis.
  private static let patience = 10.0

  private func probe(_ endpoint: Endpoint, _ section: SharedConfiguration.Section?) async -> ConnectionProbe {
    let transportSettings = TransportSettings(settings, environment: environment, section: section)
    var request = TransportRequest(
      method: "GET", url: endpoint.url(path: "/"), fields: [("User-Agent", Secret("fedbroker"))],
      connectTimeout: Self.patience, readTimeout: Self.patience, caBundle: section?.caBundle)
    request.certificate = .told
    let result = await client.transport.outcome(of: request)
    let time = client.clock.now.wall
    var refusedIssuer: String?
    if case .failure(let error) = result, error.reason == .tls {
      // It carries nothing that a stranger may not read.
      request.certificate = .toldUnverified
      refusedIssuer = try? await client.transport.outcome(of: request).get().certificateIssuer
    }
    return ConnectionProbe(
      endpoint: endpoint, proxy: try? transportSettings.proxies.authority(for: request),
      caBundle: transportSettings.caBundle, verifiesCertificates: settings.verifiesCertificates, result: result,
      refusedIssuer: refusedIssuer, time: time)
  }

  private func caller(of identity: Identity) async -> Finding {
    let tried = "asked AWS STS whose the credentials are"
    do throws(AWSError) {
      let arn = try await credentials.callerIdentity(of: identity).arn
      guard !arn.hasSuffix(":root") else {
        return .wrong(
          .caller, tried: tried, "\(arn), the account's root user, which Amazon Connect does not serve",
          mend: "Use a role whose session name is the name of the Amazon Connect user")
      }
      return .good(.caller, tried: tried, arn)
    } catch {
      guard case .service(_, let code) = error.reason else {
        return .warning(
          .caller, tried: tried, error.message,
          mend: "The way to AWS STS is not open; it is needed for roles, and to tell whose credentials these are")
      }
      return .wrong(.caller, tried: tried, "\(code): \(error.message)", mend: Self.mend(ofCode: code))
    }
  }

  private static func mend(ofCode code: String) -> String {
    switch code {
    case "ExpiredToken", "ExpiredTokenException", "RequestExpired": "Sign in again, or put newer credentials in place"
    case "InvalidClientTokenId", "UnrecognizedClientException":
      "The access key was deleted or deactivated: make a new one, or sign in again"
    case "SignatureDoesNotMatch", "InvalidSignatureException":
      "The secret access key does not belong to the access key id: copy both again"
    default: "The caller must be allowed to sign requests at all: ask who administers the AWS account"
    }
  }
}
