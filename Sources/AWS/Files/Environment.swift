/// The environment variables, as a value: nothing in this module reads the process's own.
package struct Environment: Sendable {
  package let variables: [String: String]

  package init(_ variables: [String: String] = [:]) {
    self.variables = variables
  }

  package subscript(_ name: String) -> String? { variables[name] }

  /// The value, where there is one and it is not empty.
  package func nonEmpty(_ name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension Environment: CustomStringConvertible, CustomReflectable {
  /// Names only: values can be secret.
  package var description: String { "Environment(\(variables.keys.sorted().joined(separator: ", ")))" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
