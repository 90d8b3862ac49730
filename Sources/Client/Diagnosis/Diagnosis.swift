internal import AWS
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// The whole way from a command to Amazon Connect, tried step by step up to the first that is wrong.
package struct Diagnosis: Sendable {
  private var instances: [(name: String?, findings: [Finding])] = []
  private let broker: String?
  private let sessionName: String?
  private let environment: [String: String]

  /// - Parameters:
  ///   - broker: As `BrokerClient` takes it.
  ///   - sessionName: The Amazon Connect user whose token is asked for; `nil` for the instance's own.
  package init(broker: String?, sessionName: String?, environment: [String: String]) {
    self.broker = broker
    self.sessionName = sessionName
    self.environment = environment
  }

  /// Whether nothing is wrong.
  package var isGood: Bool { instances.allSatisfy { $0.findings.allSatisfy { $0.outcome != .wrong } } }

  /// Tries the way to an instance, or to each that the daemon serves.
  ///
  /// Waits for the daemon, which waits for AWS.
  /// - Parameter show: Gets the text of each step when it is known.
  package mutating func run(instance: String?, show: (DiagnosisText) -> Void) {
    let client: BrokerClient
    let served: [String]
    do throws(BrokerClient.Unreachable) {
      client = try BrokerClient(broker, environment: environment)
      let (response, address) = try client.response("GET", "/v1/instances", timeout: 10)
      let refusal =
        response.status == 200 ? [] : [DaemonFindings.refused(response, tried: "asked for the instances")]
      note(DaemonFindings.present(at: address.description) + refusal, of: nil, show)
      guard refusal.isEmpty else { return }
      served = Self.names(in: response)
    } catch {
      return note(DaemonFindings.absent(error), of: nil, show)
    }
    let names = instance.map { [$0] } ?? served
    if names.isEmpty {
      note(
        [
          .warning(
            .instance, tried: "looked for an instance to ask for", "the daemon lists none",
            mend: "Name one: fedbroker diagnose INSTANCE")
        ], of: nil, show)
    }
    for name in names where isGood { ask(client, name, show) }
  }

  private mutating func ask(_ client: BrokerClient, _ name: String, _ show: (DiagnosisText) -> Void) {
    let query = sessionName.map { "?session_name=\(PercentEncoding.encode($0))" } ?? ""
    let target = "/v1/instances/\(PercentEncoding.encode(name))/diagnosis\(query)"
    if StandardError.isTerminal {
      StandardError.write("fedbroker: the daemon tries the way to \(name.masked)\n")
    }
    do throws(BrokerClient.Unreachable) {
      let response = try client.response("POST", target, timeout: Self.patience).response
      guard response.status == 200 else {
        return note([DaemonFindings.refused(response, tried: "asked the daemon to try the way to AWS")], of: name, show)
      }
      let findings = Self.findings(in: response)
      note(findings.isEmpty ? [Self.unreadable] : findings, of: name, show)
    } catch {
      note(DaemonFindings.absent(error), of: name, show)
    }
  }

  /// Seconds: longer than the attempts of three calls take that nobody answers.
  private static let patience = 600

  private static let unreadable = Finding.wrong(
    .daemon, tried: "asked the daemon to try the way to AWS", "its answer is not one of this version",
    mend: "Have command and daemon of one version: restart the daemon")

  private static func names(in response: LocalResponse) -> [String] {
    let body = response.body.withBytes { bytes in try? JSONValue(parsing: bytes) }
    return body.map { StatusTable($0).names } ?? []
  }

  private static func findings(in response: LocalResponse) -> [Finding] {
    let body = response.body.withBytes { bytes in try? JSONValue(parsing: bytes) }
    return (body?["findings"]?.array ?? []).compactMap(Finding.init(json:))
  }

  private mutating func note(_ findings: [Finding], of name: String?, _ show: (DiagnosisText) -> Void) {
    instances.append((name, findings))
    show(DiagnosisText(instance: name, findings: findings))
  }

  /// The steps for programs.
  package var json: String {
    let steps = instances.flatMap { name, findings in
      findings.map { finding -> JSONValue in
        guard case .object(var object) = finding.json else { return finding.json }
        object["instance"] = name.map { .string($0) } ?? .null
        return .object(object)
      }
    }
    let value: JSONValue = ["good": .boolean(isGood), "findings": .array(steps)]
    return StatusTable.escaped(String(decoding: value.text, as: UTF8.self)) + "\n"
  }

  /// The steps for people.
  package func text(isColored: Bool) -> String {
    instances.map { DiagnosisText(instance: $0.name, findings: $0.findings).text(isColored: isColored) }.joined()
  }
}

/// Some steps of a diagnosis for a terminal.
package struct DiagnosisText: Sendable {
  let instance: String?
  let findings: [Finding]

  /// Returns one line a step, and what mends it below.
  package func text(isColored: Bool) -> String {
    let title = instance.map { "\($0.masked):\n" } ?? ""
    return title + findings.map { Self.text($0, isColored: isColored) }.joined()
  }

  private static func text(_ finding: Finding, isColored: Bool) -> String {
    let (mark, color) =
      switch finding.outcome {
      case .good: ("ok     ", 32)
      case .warning: ("warning", 33)
      case .wrong: ("WRONG  ", 31)
      }
    let name = finding.step.rawValue
    let padding = String(repeating: " ", count: max(0, 11 - name.count))
    let shown = isColored ? "\u{1B}[\(color)m\(mark)\u{1B}[0m" : mark
    let line = "\(shown) \(name)\(padding) \(finding.tried.masked): \(finding.result.masked)\n"
    let mend = (finding.mend ?? "").split(separator: "\n").map { "          \(String($0).masked)\n" }
    return line + (mend.isEmpty ? "" : "        To mend it:\n" + mend.joined())
  }
}
