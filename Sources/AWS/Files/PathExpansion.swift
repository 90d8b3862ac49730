/// `$NAME`, `${NAME}` and a leading `~`, as Python's `expandvars` and `expanduser` treat them: a variable without a value stays as it is.
package enum PathExpansion {
  package static func expand(_ path: String, _ environment: Environment) -> String {
    let expanded = expandVariables(path[...], environment)
    guard let home = environment.nonEmpty("HOME"), expanded == "~" || expanded.hasPrefix("~/") else { return expanded }
    return home + expanded.dropFirst()
  }

  private static func expandVariables(_ path: Substring, _ environment: Environment) -> String {
    var expanded = ""
    var rest = path
    while let dollar = rest.firstIndex(of: "$") {
      expanded += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      let isBraced = rest.first == "{"
      let name =
        isBraced
        ? rest.dropFirst().prefix { $0 != "}" }
        : rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
      let reference = rest.prefix(name.count + (isBraced ? 2 : 0))
      let isReference = !name.isEmpty && (!isBraced || reference.last == "}")
      if isReference, let value = environment[String(name)] {
        expanded += value
        rest = rest.dropFirst(reference.count)
      } else {
        expanded += "$"
      }
    }
    return expanded + rest
  }
}
