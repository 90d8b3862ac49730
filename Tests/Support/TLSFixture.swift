/// Certificates of an authority of the tests' own, and a server that shows one of them.
package struct TLSFixture: Sendable {
  package let directory = ScratchDirectory()

  package init() {
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=test-authority -days 2")
    run("req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj /CN=other-authority -days 2")
    make("good", names: "DNS:localhost,IP:127.0.0.1", days: "2")
    make("expired", names: "DNS:localhost,IP:127.0.0.1", days: "-1")
    make("elsewhere", names: "DNS:connect.example.com", days: "2")
  }

  private func make(_ name: String, names: String, days: String) {
    run(
      "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name) "
        + "-addext subjectAltName=\(names)")
    run(
      "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(days) -copy_extensions copy "
        + "-out \(name).pem")
  }

  private func run(_ arguments: String) {
    let script = "cd \(directory.path) && exec openssl \(arguments) 2>/dev/null"
    let result = ChildProcess.run(["sh", "-c", script])
    precondition(result.status == 0, arguments)
  }

  package func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  /// Starts a server that answers each GET with a status page.
  package func serve(_ certificate: String, _ options: String...) -> (server: ChildProcess, url: String) {
    let server = ChildProcess(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", path("\(certificate).pem"), "-key",
        path("\(certificate).key"),
      ] + options)
    while let line = server.readLine() {
      if line.hasPrefix("ACCEPT "), let port = line.split(separator: ":").last {
        return (server, "https://localhost:\(port)/")
      }
    }
    preconditionFailure("the TLS server did not start")
  }
}
