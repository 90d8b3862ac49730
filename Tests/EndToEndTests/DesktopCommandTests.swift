import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

/// `fedbroker sign-in` and `fedbroker status`, with the real daemon and a stand-in for the desktop's `xdg-open`.
@Suite(.timeLimit(.minutes(10)))
struct DesktopCommandTests {
  private func run(
    _ arguments: [String], _ deployment: Deployment, path: String = "/usr/bin:/bin"
  ) async throws -> (status: Int32, output: String, error: String) {
    var environment = Deployment.environment(deployment.directory)
    environment["PATH"] = path
    return try await LoggedProcess.run(
      Deployment.binary, arguments + ["--broker", "http://\(deployment.address)"], environment: environment)
  }

  /// A directory for `PATH`, whose `xdg-open` runs a script.
  private func opener(_ script: String, _ deployment: Deployment) -> String {
    let directory = deployment.directory
    chmod(directory.write("xdg-open", "#!/bin/sh\nset -e\ncd '\(directory.path)'\n\(script)\n"), 0o755)
    return directory.path + ":/usr/bin:/bin"
  }

  private func text(_ name: String, _ deployment: Deployment) throws -> String {
    try String(contentsOfFile: "\(deployment.directory.path)/\(name)", encoding: .utf8)
  }

  private static let browse = """
    echo "$@" > arguments
    stat --format=%a "$1" > mode
    curl --silent --noproxy '*' --output page "$(sed --quiet 's/.*0;url=\\([^"]*\\)".*/\\1/p' "$1")"
    """

  @Test("sign-in leads the browser by a file that only its user can read, and that is gone afterwards")
  func signIn() async throws {
    let deployment = try await Deployment()
    let result = try await run(
      ["sign-in", "demo", "--destination", "/ccp-v2/"], deployment, path: opener(Self.browse, deployment))
    #expect(result.status == 0, "\(result.error)")
    #expect(try text("mode", deployment) == "600\n")
    let page = try text("page", deployment)
    #expect(page.contains("Signing in to Amazon Connect"))
    #expect(page.contains(#"name="destination" value="/ccp-v2/""#))
    let file = try text("arguments", deployment).split(separator: "\n").joined()
    #expect(file.hasPrefix("\(deployment.directory.path)/fedbroker/"))
    #expect(file.hasSuffix(".html"))
    #expect(access(file, F_OK) != 0)
    await deployment.stop()
  }

  @Test(
    "The configuration says which browser opens a page, of all or of one instance",
    arguments: [
      (["sign-in", "demo"], "--profile=connect FILE"), (["sign-in", "other"], "--all FILE last"),
      (["sign-in", "demo-id"], "--profile=connect FILE"), (["status", "--web"], "--all FILE last"),
    ] as [([String], String)])
  func browsers(command: [String], arguments: String) async throws {
    let configuration = """
      [desktop]
      browser = "browser --all %u last"
      [instances.demo]
      id = "demo-id"
      browser = 'browser "--profile=connect"'
      [instances.other]
      id = "other-id"
      """
    let deployment = try await Deployment(configuration: configuration)
    let directory = deployment.directory
    let script = """
      #!/bin/sh
      cd '\(directory.path)'
      for word in "$@"; do case "$word" in *.html) file=$word; echo FILE;; *) echo "$word";; esac; done > arguments
      curl --silent --noproxy '*' --output page "$(sed --quiet 's/.*0;url=\\([^"]*\\)".*/\\1/p' "$file")"
      """
    chmod(directory.write("browser", script), 0o755)
    var environment = Deployment.environment(directory)
    environment["PATH"] = "\(directory.path):/usr/bin:/bin"
    environment["FEDBROKER_CONFIG"] = "\(directory.path)/fedbroker.toml"
    let result = try await LoggedProcess.run(
      Deployment.binary, command + ["--broker", "http://\(deployment.address)"], environment: environment)
    #expect(result.status == 0, "\(result.error)")
    #expect(try text("arguments", deployment).split(separator: "\n").joined(separator: " ") == arguments)
    await deployment.stop()
  }

  @Test(
    "A browser that does not start or fails is told, and so is a configuration that is not valid",
    arguments: [
      ("no-such-browser", 1, "no-such-browser: "), ("false", 1, "false opened no browser"),
      ("a %x", 78, "desktop.browser"),
    ])
  func noSuchBrowser(browser: String, status: Int32, message: String) async throws {
    let deployment = try await Deployment()
    var environment = Deployment.environment(deployment.directory)
    environment["FEDBROKER_CONFIG"] = deployment.directory.write(
      "browser.toml", "[desktop]\nbrowser = \"\(browser)\"\n")
    let result = try await LoggedProcess.run(
      Deployment.binary, ["sign-in", "demo", "--broker", "http://\(deployment.address)"], environment: environment)
    #expect(result.status == status)
    #expect(result.error.contains(message), "\(result.error)")
    await deployment.stop()
  }

  @Test("A sign-in that is interrupted leaves no file behind")
  func interrupted() async throws {
    let deployment = try await Deployment()
    var environment = Deployment.environment(deployment.directory)
    environment["PATH"] = opener("echo \"$1\" > opened", deployment)
    let opened = "\(deployment.directory.path)/opened"
    mkfifo(opened, 0o600)
    let command = try LoggedProcess(
      Deployment.binary, ["sign-in", "demo", "--broker", "http://\(deployment.address)"], environment: environment)
    let file = try await RawClient.onThread { ChildProcess(["cat", opened]).readLine() ?? "" }
    #expect(access(file, F_OK) == 0)
    command.signal(SIGINT)
    #expect(await command.exitStatus() == 128 + SIGINT)
    #expect(access(file, F_OK) != 0)
    await deployment.stop()
  }

  @Test("sign-in prints an address that opens once")
  func printAddress() async throws {
    let deployment = try await Deployment()
    let result = try await run(["sign-in", "demo", "--print"], deployment)
    #expect(result.status == 0, "\(result.error)")
    let origin = "http://\(deployment.address)"
    #expect(result.output.hasPrefix("\(origin)/v1/instances/demo/sign-in?code="))
    let path = String(result.output.dropFirst(origin.count).dropLast())
    #expect(try await deployment.ask("HEAD", path, hasToken: false).status == 200)
    #expect(try await deployment.ask("GET", path, hasToken: false).status == 200)
    #expect(try await deployment.ask("GET", path, hasToken: false).status == 403)
    await deployment.stop()
  }

  @Test("Where no browser opens, sign-in says what to do", arguments: ["exit 3", nil])
  func noBrowser(script: String?) async throws {
    let deployment = try await Deployment()
    let path = script.map { opener($0, deployment) } ?? "/nowhere"
    let result = try await run(["sign-in", "demo"], deployment, path: path)
    #expect(result.status == 1)
    #expect(result.error.contains("--print"))
    await deployment.stop()
  }

  @Test("What the daemon refuses is told in its words; a daemon that is not there is another exit code")
  func refused() async throws {
    let deployment = try await Deployment(configuration: "[instances.sales]\nid = \"demo\"\n")
    for (arguments, code) in [(["other"], "InstanceNotServed"), (["sales", "--destination", "//x"], "BadRequest")] {
      let result = try await run(["sign-in"] + arguments, deployment)
      #expect(result.status == 1)
      #expect(result.error.contains("fedbroker: \(code): "))
    }
    await deployment.stop()
    for command in [["sign-in", "sales"], ["status"], ["status", "--web"]] {
      let result = try await run(command, deployment)
      #expect(result.status == 69)
      #expect(result.error.contains("no daemon answers"))
    }
  }

  @Test("status shows the instances as a table and as JSON")
  func status() async throws {
    let deployment = try await Deployment(configuration: "[instances.sales]\nid = \"demo\"\nwarm = true\n")
    try await deployment.daemon.line(containing: "fetched a token")
    let table = try await run(["status"], deployment)
    #expect(table.status == 0, "\(table.error)")
    #expect(table.output.contains(/sales +emulated-agent +live +1[45]m \d\ds +2\d{3}-\S+Z +none\n/))
    let json = try await run(["status", "--json"], deployment)
    #expect(try JSONValue(parsing: json.output)["instances"]?.array?.first?["alias"]?.string == "sales")
    #expect(try await run(["status", "--web", "--json"], deployment).status == 64)
    await deployment.stop()
  }

  @Test("status --watch shows them again and again")
  func watch() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let lines = try await RawClient.onThread {
      let watch = ChildProcess([
        "env", "XDG_RUNTIME_DIR=\(deployment.directory.path)", Deployment.binary, "status", "--watch", "--broker",
        "http://\(deployment.address)",
      ])
      return (0..<4).map { _ in watch.readLine()?.split(separator: " ").first.map(String.init) }
    }
    #expect(lines == ["INSTANCE", "demo", "INSTANCE", "demo"])
    await deployment.stop()
  }

  @Test("status --web leads the browser to a page that it may exchange a code for a key on")
  func web() async throws {
    let deployment = try await Deployment()
    let script = """
      \(Self.browse)
      code=$(sed --quiet 's/.*code=\\([^"]*\\)".*/\\1/p' "$1")
      curl --silent --noproxy '*' --data "{\\"code\\":\\"$code\\"}" --output key http://\(deployment.address)/v1/status-page/key
      """
    let result = try await run(["status", "--web"], deployment, path: opener(script, deployment))
    #expect(result.status == 0, "\(result.error)")
    #expect(try text("page", deployment).contains("<title>fedbroker</title>"))
    #expect(try JSONValue(parsing: try text("key", deployment))["key"]?.string?.utf8.count == 43)
    await deployment.stop()
  }
}
