import Outbound
import TestSupport
import Testing

private let fixture = TLSFixture()

@Suite(.timeLimit(.minutes(10)))
struct TLSTests {
  private func get(_ url: String, caBundle: String?, verifies: Bool = true) async throws -> Int {
    var settings = TransportSettings()
    settings.caBundle = caBundle
    settings.verifiesCertificates = verifies
    return try await CurlTransport(settings).send(TransportRequest(method: "GET", url: url)).status
  }

  @Test func `A certificate of the bundle's authority is accepted`() async throws {
    let (server, url) = fixture.serve("good")
    #expect(try await get(url, caBundle: fixture.path("ca.pem")) == 200)
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [
    ("good", "other.pem"), ("good", "missing.pem"), ("good", "ca.key"), ("good", nil), ("expired", "ca.pem"),
    ("elsewhere", "ca.pem"),
  ])
  func `A certificate that does not verify is refused`(certificate: String, bundle: String?) async {
    let (server, url) = fixture.serve(certificate)
    let error = await #expect(throws: TransportError.self) {
      try await get(url, caBundle: bundle.map(fixture.path))
    }
    #expect(error?.reason == .tls)
    withExtendedLifetime(server) {}
  }

  @Test(arguments: ["good", "expired", "elsewhere"])
  func `Any certificate is accepted without verification`(certificate: String) async throws {
    let (server, url) = fixture.serve(certificate)
    #expect(try await get(url, caBundle: nil, verifies: false) == 200)
    withExtendedLifetime(server) {}
  }

  @Test func `A server with nothing newer than TLS 1.1 is refused`() async {
    let (server, url) = fixture.serve("good", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    let error = await #expect(throws: TransportError.self) {
      try await get(url, caBundle: nil, verifies: false)
    }
    #expect(error?.reason == .tls)
    withExtendedLifetime(server) {}
  }

  @Test(arguments: [true, false])
  func `A bundle of authorities that changes is in force for the next connection`(isReplaced: Bool) async throws {
    let (server, url) = fixture.serve("good")
    defer { withExtendedLifetime(server) {} }
    let directory = ScratchDirectory()
    let bundle = "\(directory.path)/bundle.pem"
    func put(_ name: String) {
      let target = isReplaced ? "\(bundle).new" : bundle
      let script = "cat \(fixture.path(name)) > \(target)" + (isReplaced ? " && mv \(target) \(bundle)" : "")
      #expect(ChildProcess.run(["sh", "-c", script]).status == 0)
    }
    var settings = TransportSettings()
    settings.caBundle = bundle
    let transport = CurlTransport(settings)
    func reason() async -> TransportError.Reason? {
      do throws(TransportError) {
        _ = try await transport.send(TransportRequest(method: "GET", url: url))
        return nil
      } catch { return error.reason }
    }
    // Not there yet, there, another one in its place, both, and gone.
    #expect(await reason() == .tls)
    put("ca.pem")
    #expect(await reason() == nil)
    put("other.pem")
    #expect(await reason() == .tls)
    #expect(ChildProcess.run(["sh", "-c", "cat \(fixture.path("ca.pem")) >> \(bundle)"]).status == 0)
    #expect(await reason() == nil)
    #expect(ChildProcess.run(["rm", bundle]).status == 0)
    #expect(await reason() == .tls)
  }

  @Test func `A request's own bundle counts where the settings name none`() async throws {
    let (server, url) = fixture.serve("good")
    defer { withExtendedLifetime(server) {} }
    for (own, others, isTrusted) in [("ca.pem", nil, true), ("other.pem", nil, false), ("ca.pem", "other.pem", false)] {
      var settings = TransportSettings()
      settings.caBundle = others.map(fixture.path)
      let request = TransportRequest(method: "GET", url: url, caBundle: fixture.path(own))
      let response = try? await CurlTransport(settings).send(request)
      #expect((response?.status == 200) == isTrusted, "\(own) beside \(others ?? "none")")
    }
  }
}
