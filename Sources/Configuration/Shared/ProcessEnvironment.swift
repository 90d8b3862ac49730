internal import FoundationEssentials
internal import System

/// The environment variables that the process was started with.
package enum ProcessEnvironment {
  package static var variables: [String: String] {
    ProcessInfo.processInfo.environment
  }

  /// Returns the variables, and wipes the values of the secret ones where the kernel put them: from there root and
  /// programs such as `ps` read them for as long as the process runs (proc(5), `/proc/PID/environ`).
  ///
  /// For commands that start no program with the process's own environment.
  package static func take() -> [String: String] {
    let variables = variables
    EnvironmentBlock.wipe { name, value in
      secretNames.contains(name) || name.lowercased().hasSuffix("_proxy") && value.contains("@")
    }
    return variables
  }

  private static let secretNames: Set<String> = [
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  ]
}
