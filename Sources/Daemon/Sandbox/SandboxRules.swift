internal import AWS
internal import Configuration
internal import Glibc
internal import LocalHTTP

/// What the daemon needs of the file system, by its configuration, the environment and the AWS files.
struct SandboxRules: Sendable, Equatable {
  /// Directories and files that are read, with all that is beneath, and for each a path that needs it.
  private(set) var readable: [String: String] = [:]
  /// Directories in which files and sockets are made and replaced, too, likewise.
  private(set) var writable: [String: String] = [:]
  /// Whether a `credential_process` runs, which may need any file and starts what it likes.
  private(set) var runsPrograms = false

  /// - Parameter configurationFile: The one in force, which need not exist.
  init(_ configuration: Configuration, configurationFile: String, environment: [String: String]) {
    for path in Self.systemPaths { readable[path] = path }
    // A file that is replaced is another file: its directory counts.
    read(directoryOf: configurationFile)
    write(directoryOf: configuration.tokenFile)
    for token in configuration.tokens { write(directoryOf: token.file) }
    if case .file(let path)? = configuration.audit.destination { write(directoryOf: path) }
    for case .unix(let path) in configuration.listen + configuration.adminListen { write(directoryOf: path) }
    for name in ["CREDENTIALS_DIRECTORY", "SSL_CERT_DIR"] {
      if let directory = environment[name] { read(directory) }
    }
    let bundles = [environment["SSL_CERT_FILE"], environment["AWS_CA_BUNDLE"], configuration.caBundle]
    let fleet = configuration.fleet
    for path in [fleet.passwordFile, fleet.keyFile, fleet.caBundle].compactMap({ $0 }) { read(directoryOf: path) }
    for path in bundles.compactMap({ $0 }) { read(directoryOf: path) }
    guard !configuration.emulate else { return }
    let needs = CredentialNeeds(
      of: configuration.identities, settings: Upstream.Settings(configuration).calls,
      environment: AWS.Environment(environment))
    for path in needs.read { read(directoryOf: path) }
    for path in needs.replaced { write(directoryOf: path) }
    runsPrograms = needs.runsPrograms
  }

  /// Returns a path that these rules allow and `others` do not; `nil` where there is none.
  func firstBeyond(_ others: SandboxRules) -> String? {
    if others.runsPrograms { return nil }
    let forWriting = Array(others.writable.keys)
    let forReading = Array(others.readable.keys) + forWriting
    let beyond =
      writable.filter { directory, path in
        // A token file that is there needs only be read.
        !directory.isBeneath(anyOf: forWriting) && !(path.resolved != nil && directory.isBeneath(anyOf: forReading))
      }.map(\.value)
      + readable.filter { !$0.key.isBeneath(anyOf: forReading) }.map(\.value)
    return beyond.min()
  }

  private mutating func read(_ path: String) {
    if let resolved = path.resolved { readable[resolved] = path }
  }

  private mutating func read(directoryOf path: String) {
    // A device, such as /dev/null in place of a file, stays what it is.
    if path.hasPrefix("/dev/") { return read(path) }
    if let directory = path.directory?.nearestExisting { readable[directory] = path }
  }

  private mutating func write(directoryOf path: String) {
    if let directory = path.directory?.nearestExisting { writable[directory] = path }
  }

  /// Read by the C library, OpenSSL, libcurl and Dispatch: names of users and hosts, certificates, time zones, modules of
  /// the name service, the number of processors.
  ///
  /// Of other processes Landlock shows nothing in /proc that ptrace(2) guards, such as environment and memory.
  private static let systemPaths = [
    "/etc", "/usr", "/lib", "/lib64", "/nix/store", "/gnu/store", "/proc", "/sys/devices/system/cpu",
    "/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/run/systemd/resolve", "/run/systemd/userdb", "/run/userdb",
    "/run/NetworkManager", "/run/resolvconf", "/run/nscd", "/var/lib/sss",
  ].compactMap(\.resolved)
}

extension Configuration {
  /// Those whose credentials are looked for.
  fileprivate var identities: [Identity] {
    servesAnyInstance ? [Identity()] : instances.map { Identity(profile: $0.profile) }
  }
}

extension String {
  /// The path without its last component; `nil` for one without a slash.
  fileprivate var directory: String? {
    lastIndex(of: "/").map { $0 == startIndex ? "/" : String(self[..<$0]) }
  }

  /// The path with every link followed; `nil` where there is nothing.
  fileprivate var resolved: String? {
    guard let path = realpath(self, nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  /// The directory, or the nearest one above that exists, with every link followed.
  ///
  /// `/` itself counts for nothing: rules for it would allow all.
  fileprivate var nearestExisting: String? {
    var path = Substring(self)
    while !path.isEmpty {
      if let resolved = String(path).resolved { return resolved == "/" ? nil : resolved }
      guard let slash = path.lastIndex(of: "/") else { return nil }
      path = path[..<slash]
    }
    return nil
  }

  fileprivate func isBeneath(anyOf directories: [String]) -> Bool {
    directories.contains { self == $0 || hasPrefix($0 + "/") }
  }
}
