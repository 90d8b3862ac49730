internal import FoundationEssentials

/// The environment variables that the process was started with.
package enum ProcessEnvironment {
  package static var variables: [String: String] {
    ProcessInfo.processInfo.environment
  }
}
