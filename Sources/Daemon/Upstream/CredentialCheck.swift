internal import AWS
internal import Clocks
package import Configuration
internal import Glibc
internal import LocalAPI

/// The output of `fedbroker check-config --credentials`: the source of each instance's AWS credentials.
package struct CredentialCheck: Sendable, CustomStringConvertible {
  package let description: String
  /// Whether each instance has credentials, which AWS accepts if it was asked.
  package let isGood: Bool

  /// Asks the sources as the daemon does, and discards the credentials.
  ///
  /// - Parameter asksWhose: Whether AWS is asked whose the credentials are.
  package init(
    _ configuration: Configuration, environment: [String: String], asksWhose: Bool
  ) async throws(StartError) {
    let clock: SystemClock
    do { clock = try SystemClock() } catch { throw StartError(error) }
    let upstream = Upstream(
      Upstream.Settings(configuration), environment: environment, clock: clock, metrics: Metrics())
    let instances = configuration.servesAnyInstance ? [nil] : configuration.instances.map(Optional.some)
    var paragraphs: [String] = []
    var isGood = true
    for instance in instances {
      var lines = ["credentials of \(instance?.alias ?? "any instance"):"]
      do throws(AWSError) {
        let report = try await upstream.credentialReport(on: instance, asksWhose: asksWhose)
        lines += report.lines
        isGood = isGood && report.isGood
      } catch {
        lines.append("failed: \(error.message)")
        isGood = false
      }
      paragraphs.append(lines.joined(separator: "\n  "))
    }
    description = paragraphs.joined(separator: "\n\n")
    self.isGood = isGood
  }
}
