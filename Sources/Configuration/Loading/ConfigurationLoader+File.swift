extension ConfigurationLoader {
  /// Applies every key of the file at `path`.
  mutating func applyFile(_ path: String, mustExist: Bool) {
    do throws(ConfigurationError) {
      guard let bytes = try ConfigurationFile.read(path) else {
        if mustExist { findings.problems.append("\(path.printable): there is no such file") }
        return
      }
      applyDocument(bytes, from: path.printable)
    } catch {
      findings.problems += error.problems
    }
  }

  private mutating func applyDocument(_ bytes: [UInt8], from file: String) {
    do throws(TOMLDocument.SyntaxError) {
      applyTable(try TOMLDocument.parse(bytes), named: "", from: file)
    } catch {
      findings.problems.append("\(file):\(error.position): syntax: \(error.reason)")
    }
  }

  /// Applies a table whose keys `Configuration.keys` declares: `table` is empty for the document itself.
  private mutating func applyTable(_ members: [ConfigurationValue.Member], named table: String, from file: String) {
    let tables = Configuration.tables
    for member in members {
      let path = table.isEmpty ? member.key : "\(table).\(member.key)"
      if let key = Configuration.keys.first(where: { $0.table == table && $0.lastName == member.key }) {
        findings.assign(member.value, to: key, of: &configuration, path: path, from: .file(file))
      } else if table.isEmpty, tables.contains(member.key) {
        guard case .table(let inner) = member.value else {
          findings.problems.append("\(file): \(path) = \(member.value.excerpt): a table is expected")
          continue
        }
        if path == "instances" {
          applyInstances(inner, from: file)
        } else {
          applyTable(inner, named: path, from: file)
        }
      } else {
        refuseUnknown(path, known: Configuration.keys.map(\.name) + tables, in: file)
      }
    }
  }

  private mutating func applyInstances(_ members: [ConfigurationValue.Member], from file: String) {
    for member in members {
      let path = "instances.\(member.key.excerpt)"
      guard case .table(let inner) = member.value else {
        findings.problems.append("\(file): \(path) = \(member.value.excerpt): a table is expected")
        continue
      }
      guard Configuration.Instance.isAlias(member.key) else {
        findings.problems.append("\(file): [\(path)]: \(Configuration.Instance.aliasRule)")
        continue
      }
      applyInstance(inner, alias: member.key, from: file)
    }
  }

  private mutating func applyInstance(_ members: [ConfigurationValue.Member], alias: String, from file: String) {
    let keys = Configuration.Instance.keys
    var instance = Configuration.Instance(alias: alias)
    for member in members {
      let path = "instances.\(alias).\(member.key)"
      if let key = keys.first(where: { $0.name == member.key }) {
        findings.assign(member.value, to: key, of: &instance, path: path, from: .file(file))
      } else {
        refuseUnknown(path, known: keys.map { "instances.\(alias).\($0.name)" }, in: file)
      }
    }
    if !members.contains(where: { $0.key == "id" }) {
      findings.problems.append("\(file): instances.\(alias).id is missing: the instance's id or ARN is expected")
    }
    findings.origins["instances.\(alias)"] = .file(file)
    configuration.instances.append(instance)
  }

  private mutating func refuseUnknown(_ path: String, known: [String], in file: String) {
    let suggestion = Suggestion.closest(to: path, among: known).map { " (did you mean \($0)?)" } ?? ""
    findings.problems.append("\(file): unknown key \(path.excerpt)\(suggestion)")
  }
}

extension Configuration.Instance {
  static let aliasRule =
    "an alias of 1 to 64 letters (a to z), digits, hyphens and underscores is expected, the first a letter or digit"

  /// An alias stands in URL paths, metric labels and TOML headers, where these characters need no quoting.
  static func isAlias(_ text: String) -> Bool {
    1...64 ~= text.utf8.count && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_".utf8.contains($0) }
      && text.utf8.first?.isASCIILetterOrDigit == true
  }
}
