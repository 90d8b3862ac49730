internal import Configuration
internal import Glibc
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// What a ticket needs: the diagnosis, versions, the configuration in force, the instances and the end of the log.
///
/// Nothing in it is secret, because none of these is: the daemon answers, logs and prints no token and no key.
package struct DiagnosisBundle: Sendable, CustomStringConvertible {
  package let description: String

  /// Asks a daemon, where one answers.
  package init(_ diagnosis: Diagnosis, broker: String?, environment: [String: String]) {
    let client = try? BrokerClient(broker, environment: environment)
    let sections = [
      ("diagnosis", diagnosis.text(isColored: false)),
      ("versions", Self.versions),
      ("configuration in force", Self.configuration(client)),
      ("instances", Self.answer("/v1/instances", client)),
      ("the end of the log", Self.answer("/v1/log", client)),
    ]
    description = sections.map { title, text in "# \(title)\n\n\(text)\n" }.joined(separator: "\n")
  }

  /// Writes it whole to a file that only its owner can read.
  package func write(to path: String) throws(CommandError) {
    do { _ = try PrivateFile.replace(path, with: Secret(description)) } catch {
      throw CommandError("\(path) cannot be written: \(error.reason)", exitCode: EX_IOERR)
    }
  }

  private static var versions: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "fedbroker \(Version.text)\n" }
    let release = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let machine = withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let system = (try? FileContents(path: "/etc/os-release")).map { $0.bytes.exposed } ?? ""
    let title = system.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst("PRETTY_NAME=".count)
    return """
      command fedbroker \(Version.text)
      Linux \(release) \(machine)
      \((title.map(String.init) ?? "an unknown system").masked)

      """
  }

  private static func configuration(_ client: BrokerClient?) -> String {
    do throws(CommandError) {
      guard let configuration = try client?.configuration() else { return absence }
      return "\(configuration)"
    } catch {
      return "not told: \(error)\n"
    }
  }

  private static func answer(_ target: String, _ client: BrokerClient?) -> String {
    guard let response = try? client?.response("GET", target, timeout: 10).response else { return absence }
    guard response.status == 200 else { return "not told: \(CommandError(refusal: response))\n" }
    let text = response.body.exposed
    return text.split(separator: "\n").map { String($0).masked + "\n" }.joined()
  }

  private static let absence = "not told: no daemon answers\n"
}
