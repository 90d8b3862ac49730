import Glibc
import HTTPTypes
import LocalHTTP
import Logging
import Outbound
import Secrets
import TestSupport
import Testing

/// What a web page can reach through a real browser on the same machine.
@Suite(.timeLimit(.minutes(10)), .enabled(if: Chromium.isInstalled, "no chromium: make test-browser installs it"))
struct BrowserTests {
  @Test("A page of another origin neither reads a token nor has one fetched, even if it knew the local token")
  func otherOrigin() async throws {
    let pages = try PageServer()
    let deployment = try await Deployment()
    let found = try await pages.visit(asking: deployment)
    // By fetch, with and without the local token; each way that needs no permission tells the page nothing.
    #expect(found == "read=failed plain=failed refresh=failed blind=opaque image=failed script=failed")
    #expect(deployment.upstreamCalls == 0)
    await pages.stop()
    await deployment.stop()
  }

  @Test("A page of an allowed origin reads tokens and has them fetched, with the local token only")
  func allowedOrigin() async throws {
    let pages = try PageServer()
    let deployment = try await Deployment(configuration: "allowed_origins = [\"http://\(pages.address)\"]\n")
    let found = try await pages.visit(asking: deployment)
    #expect(found == "read=200,Credentials plain=401 refresh=200,Credentials blind=opaque image=failed script=failed")
    // One by each of the two requests that showed the token.
    #expect(deployment.upstreamCalls == 2)
    await pages.stop()
    await deployment.stop()
  }
}

private enum Chromium {
  static let path = "/usr/bin/chromium"
  static let isInstalled = access(path, X_OK) == 0

  /// The text of a page once its script is done.
  static func text(of url: String) async throws -> String {
    let directory = ScratchDirectory()
    let result = try await LoggedProcess.run(
      path,
      [
        // Its sandbox refuses to run as root.
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(directory.path)",
        "--virtual-time-budget=30000", "--dump-dom", url,
      ], environment: ["PATH": "/usr/bin:/bin", "HOME": directory.path])
    return String(try #require(result.output.firstMatch(of: /<body>(.*?)<\/body>/)).1)
  }
}

/// A web site on an origin of its own, whose one page tries each way to reach a daemon.
private final class PageServer: Sendable {
  private let server: Server
  let address: ListenAddress

  init() throws {
    let socket = try ListeningSocket.bind(to: .tcp(host: "127.0.0.1", port: 0))
    address = socket.boundAddress
    server = try Server(logger: Logger(label: "pages") { _ in SwiftLogNoOpLogHandler() })
    server.serve(socket, handler: Page())
  }

  func visit(asking deployment: Deployment) async throws -> String {
    try await Chromium.text(of: "http://\(address)/?\(deployment.address)&\(deployment.token.exposed)")
  }

  func stop() async { await server.shutdown(grace: .zero) }
}

private struct Page: RequestHandler {
  func answer(_ request: Request, from client: Client) -> Answer {
    .now(Response(status: .ok, content: Content(mediaType: "text/html", bytes: Secret(Self.text))))
  }

  func refuse(_ refusal: Refusal, from client: Client) -> Response { Response(status: refusal.status) }

  private static let text = """
    <!doctype html><html><body><script>
    const [broker, token] = location.search.slice(1).split("&");
    const instance = "http://" + broker + "/v1/instances/demo";
    const authorization = { headers: { Authorization: "Bearer " + token } };
    async function attempt(path, options) {
      try {
        const answer = await fetch(instance + path, options);
        if (answer.type == "opaque") return "opaque";
        return answer.status + ((await answer.text()).includes("Credentials") ? ",Credentials" : "");
      } catch { return "failed"; }
    }
    function load(name) {
      return new Promise(done => {
        const element = document.createElement(name);
        element.onload = () => done("loaded");
        element.onerror = () => done("failed");
        element.src = instance + "/token";
        document.head.append(element);
      });
    }
    (async () => {
      const found = {
        read: await attempt("/token", authorization),
        plain: await attempt("/token"),
        refresh: await attempt("/refresh", { method: "POST", ...authorization }),
        blind: await attempt("/refresh", { method: "POST", mode: "no-cors" }),
        image: await load("img"),
        script: await load("script"),
      };
      document.body.textContent = Object.entries(found).map(pair => pair.join("=")).join(" ");
    })();
    </script></body></html>
    """
}
