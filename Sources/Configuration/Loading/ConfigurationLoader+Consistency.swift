internal import LocalHTTP

extension ConfigurationLoader {
  /// Makes instances of the ids that `instance_id` lists, their own alias and warm.
  mutating func addListedInstances() {
    for id in configuration.instanceIDs {
      if let index = configuration.instances.firstIndex(where: { $0.alias == id && $0.id == id }) {
        configuration.instances[index].warm = true
        findings.origins["instances.\(id).warm"] = findings.origins["instance_id"]
        continue
      }
      var instance = Configuration.Instance(alias: id)
      instance.id = id
      instance.warm = true
      configuration.instances.append(instance)
    }
    configuration.instances.sort { $0.alias < $1.alias }
  }

  /// Notes what the values of several keys make wrong together.
  mutating func checkConsistency() {
    checkTokenFile()
    checkListeners()
    checkAliases()
    checkRoles()
    checkCapacity()
  }

  private mutating func checkTokenFile() {
    guard configuration.tokenFile.isEmpty else { return }
    findings.problems.append(
      "token_file: there is no default, since none of RUNTIME_DIRECTORY, XDG_RUNTIME_DIR and HOME holds an absolute"
        + " path: set one of them, or token_file")
  }

  private mutating func checkListeners() {
    for address in configuration.listen where (try? ListenAddress(parsing: address.description)) == nil {
      let place = findings.place(of: "listen")
      findings.problems.append(
        "\(place) = \"\(address.description.excerpt)\": the path of the runtime directory is too long for a socket; set"
          + " listen")
    }
    if !configuration.allowNonLoopback {
      for address in configuration.listen where !address.isLoopback {
        let place = findings.place(of: "listen")
        findings.problems.append(
          "\(place) = \"\(address)\": other machines can reach this address; allow_non_loopback = true in the"
            + " configuration file allows it")
      }
    }
    for address in configuration.adminListen where configuration.listen.contains(address) {
      if case .tcp(_, port: 0) = address { continue }
      findings.problems.append("\(findings.place(of: "admin_listen")) = \"\(address)\": listen has this address too")
    }
  }

  /// An alias that is another instance's id would leave open which of the two is asked for.
  private mutating func checkAliases() {
    let ids = Set(configuration.instances.map(\.id))
    for instance in configuration.instances where instance.id != instance.alias && ids.contains(instance.alias) {
      let place = findings.place(of: "instances.\(instance.alias)")
      findings.problems.append("\(place): this alias is the id of another instance")
    }
  }

  private mutating func checkRoles() {
    for instance in configuration.instances {
      let table = "instances.\(instance.alias)"
      if instance.roleARN == nil {
        let needing = [
          ("role_session_name", instance.roleSessionName != nil), ("external_id", instance.externalID != nil),
          ("session_names", !instance.sessionNames.isEmpty),
        ]
        for (key, isSet) in needing where isSet {
          findings.problems.append("\(findings.place(of: "\(table).\(key)")): it needs role_arn beside it")
        }
      } else if instance.warm, instance.roleSessionName == nil, !instance.sessionNames.isEmpty {
        findings.problems.append(
          "\(findings.place(of: "\(table).warm")) = true: it needs role_session_name, which says whose token to keep")
      }
    }
  }

  private mutating func checkCapacity() {
    let warm = configuration.instances.count(where: \.warm)
    guard warm > configuration.cache.maxEntries else { return }
    let place = findings.place(of: "cache.max_entries")
    findings.problems.append(
      "\(place) = \(configuration.cache.maxEntries): there are \(warm) warm instances, which must all fit")
  }
}
