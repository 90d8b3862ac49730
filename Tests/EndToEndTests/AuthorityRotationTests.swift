import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

private let authorities = TLSFixture()

/// A bundle of authorities that changes while the real daemon runs.
///
/// One after the other: each daemon takes one of the 128 inotify instances that the kernel gives a user.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct AuthorityRotationTests {
  /// Where the bundle is named.
  enum Place: CaseIterable, Sendable { case flag, key, variable, profile }
  /// How another takes its place.
  enum Change: CaseIterable, Sendable { case inPlace, replaced, link }

  @Test(arguments: Place.allCases, Change.allCases)
  func `A bundle that changes is in force for the next connection, wherever it is named`(
    place: Place, change: Change
  ) async throws {
    let (server, url) = authorities.serve("good")
    defer { withExtendedLifetime(server) {} }
    let directory = ScratchDirectory()
    let bundle = "\(directory.path)/bundle.pem"
    func put(_ name: String) {
      let source = authorities.path(name)
      let script =
        switch change {
        case .inPlace: "cat '\(source)' > '\(bundle)'"
        case .replaced: "cat '\(source)' > '\(bundle).new' && mv '\(bundle).new' '\(bundle)'"
        case .link:
          "cd '\(directory.path)' && mkdir -p \(name) && cp '\(source)' \(name)/bundle.pem && ln -sfn \(name) ..next"
            + " && mv -T ..next ..data && ln -sfn ..data/bundle.pem bundle.pem"
        }
      #expect(ChildProcess.run(["sh", "-c", script]).status == 0)
    }
    put("ca.pem")
    let config = place == .profile ? "ca_bundle = \(bundle)\n" : ""
    let daemon = try await LoneDaemon(
      in: directory, endpoint: String(url.dropLast()), place == .flag ? ["--ca-bundle", bundle] : [],
      environment: [
        "AWS_CA_BUNDLE": place == .variable ? bundle : "",
        "AWS_CONFIG_FILE": directory.write("config", "[default]\nregion = us-east-1\n\(config)"),
      ],
      configuration: place == .key ? "ca_bundle = \"\(bundle)\"\n" : "")
    var number = 0
    /// The server's page is no token: who trusts the server gets as far as to see that.
    func isTrusted() async throws -> Bool {
      number += 1
      let answer = try await daemon.ask("GET", "/v1/instances/i\(number)/token")
      #expect(answer.status == 502)
      switch try SecretJSON(parsing: answer.body)["code"]?.string {
      case "BadUpstreamResponse": return true
      case "UpstreamUnreachable": return false
      case let code:
        Issue.record("\(code ?? "no code"): \(answer.body.exposed)")
        return false
      }
    }
    #expect(try await isTrusted())
    put("other.pem")
    #expect(try await !isTrusted(), "the removed authority is still trusted")
    put("ca.pem")
    #expect(try await isTrusted(), "the added authority is not trusted")
    #expect(ChildProcess.run(["rm", bundle]).status == 0)
    #expect(try await !isTrusted(), "the bundle is gone, and its authority still trusted")
    put("ca.pem")
    #expect(try await isTrusted(), "the bundle is there again")
    await daemon.stop()
  }
}
