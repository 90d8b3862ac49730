internal import Glibc
internal import Secrets
internal import System

/// Which AWS CLI a command is, to warn of one that knows nothing of `AWS_ENDPOINT_URL_CONNECT`.
package struct AWSCommandVersion: Sendable, Comparable, CustomStringConvertible {
  private let numbers: [Int]

  package var description: String { numbers.map(String.init).joined(separator: ".") }

  /// The first versions that take `AWS_ENDPOINT_URL_CONNECT`.
  private static let first = [1: AWSCommandVersion([1, 29, 0]), 2: AWSCommandVersion([2, 13, 0])]

  /// Whether the version ignores `AWS_ENDPOINT_URL_CONNECT`.
  package var ignoresEndpointVariable: Bool { Self.first[numbers[0]].map { self < $0 } ?? false }

  package static func < (left: Self, right: Self) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }

  private init(_ numbers: [Int]) { self.numbers = numbers }

  /// Reads `aws-cli/2.9.19 Python/3.11.2 …`; `nil` for other text.
  init?(output text: String) {
    guard let start = text.firstRange(of: "aws-cli/") else { return nil }
    self.init(text[start.upperBound...])
  }

  /// Reads the number at the start of a text, such as `2.9.19`.
  private init?(_ text: Substring) {
    let parts = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
    guard parts.count >= 2 else { return nil }
    numbers = parts
  }

  /// Returns the version of the AWS CLI that a command runs; `nil` if the command is not `aws`, or does not tell.
  ///
  /// Looks at how it is installed, which takes no time; else asks it, which takes half a second.
  package static func of(_ command: [String], environment: [String: String]) async -> AWSCommandVersion? {
    guard let name = command.first, name == "aws" || name.hasSuffix("/aws"),
      let program = resolve(name, path: environment["PATH"])
    else { return nil }
    if let version = installed(program) { return version }
    do throws(CapturedProcess.Failure) {
      let output = try await CapturedProcess.run(
        [program, "--version"], environment: environment, timeout: .seconds(10))
      return AWSCommandVersion(output: output.exposed)
    } catch {
      return nil
    }
  }

  /// Returns the file that a name stands for, behind all links.
  private static func resolve(_ name: String, path: String?) -> String? {
    let candidates =
      name.contains("/")
      ? [name] : (path ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }), let real = realpath(found, nil) else {
      return nil
    }
    defer { free(real) }
    return String(cString: real)
  }

  /// Reads the number in the folder of AWS's own installer, `…/v2/2.15.3/dist/aws`, and in those of pip and Debian.
  private static func installed(_ program: String) -> AWSCommandVersion? {
    let parts = program.split(separator: "/")
    if let folder = parts.firstIndex(of: "v2"), folder + 1 < parts.count { return AWSCommandVersion(parts[folder + 1]) }
    let prefix = parts.dropLast(2).map { "/\($0)" }.joined()
    let found = ["python3*/site-packages", "python3/dist-packages"].flatMap {
      matches(of: "\(prefix)/lib/\($0)/awscli-*-info")
    }
    guard found.count == 1, let name = found.first?.firstRange(of: "/awscli-") else { return nil }
    return AWSCommandVersion(found[0][name.upperBound...])
  }

  /// Returns the files that a pattern of the shell stands for.
  private static func matches(of pattern: String) -> [String] {
    var paths = glob_t()
    defer { globfree(&paths) }
    guard glob(pattern, GLOB_NOSORT, nil, &paths) == 0 else { return [] }
    return (0..<Int(paths.gl_pathc)).compactMap { paths.gl_pathv[$0].map { String(cString: $0) } }
  }
}
