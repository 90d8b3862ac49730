import Glibc
import Secrets
import System
import TestSupport

@testable import AWS

/// A home directory with the AWS CLI's files in it.
struct AWSHome {
  let directory = ScratchDirectory()
  let environment: Environment

  init(config: String = "", environment: [String: String] = [:]) {
    self.environment = Environment(environment.merging(["HOME": directory.path]) { $1 })
    write(".aws/config", config)
  }

  func configuration() throws -> SharedConfiguration {
    try SharedConfigFiles(environment: environment).load()
  }

  /// The files by which a sign-in of that profile is noticed.
  func watchedPaths(of profile: String) throws -> [String] {
    let planner = CredentialPlanner(environment: environment, configuration: try configuration())
    return try planner.plan(for: ProfileName(profile, .setting)).way.get().source.watchedPaths(environment)
  }

  func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  /// Writes a file, in a directory that is made for it where there is none.
  func write(_ name: String, _ text: String) {
    var directory = directory.path
    for part in name.split(separator: "/").dropLast() {
      directory += "/\(part)"
      mkdir(directory, 0o700)
    }
    self.directory.write(name, text)
  }

  /// What a file holds; `nil` where there is none.
  func read(_ name: String) -> String? {
    (try? FileContents(path: path(name)))?.bytes.exposed
  }

  func mode(_ name: String) -> UInt32 {
    var status = stat()
    return stat(path(name), &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  /// The names in a directory, but for `.` and `..`.
  func names(_ name: String) -> [String] {
    ChildProcess.run(["ls", "-A", path(name)]).output.split(separator: "\n").map(String.init)
  }
}

/// The sources of credentials that cost a call, as the tests ask them.
protocol CredentialProvider: Sendable {
  func credentials() async throws(AWSError) -> AWSCredentials?
}

extension ContainerCredentials: CredentialProvider {}
extension IdentityCenterCredentials: CredentialProvider {}
extension InstanceMetadataCredentials: CredentialProvider {}
extension LoginCredentials: CredentialProvider {}

extension CredentialProvider {
  /// The error that the source fails with; `nil` where it does not.
  func error() async -> AWSError? {
    do throws(AWSError) { _ = try await credentials() } catch { return error }
    return nil
  }

  func failure() async -> String? { await error()?.message }
}
