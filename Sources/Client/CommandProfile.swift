internal import AWS
internal import AWSCommandLine
internal import AWSOutput

/// The AWS settings of a command, from the environment and the AWS configuration files, as the AWS CLI reads them.
struct CommandProfile {
  let environment: AWS.Environment
  let files: SharedConfigFiles
  private let name: ProfileName
  private let configuration: Result<SharedConfiguration, AWSError>

  /// - Parameter profile: The one that the command line names.
  init(_ profile: String?, environment: AWS.Environment) {
    self.environment = environment
    files = SharedConfigFiles(environment: environment)
    if let profile {
      name = ProfileName(profile, .setting)
    } else if let profile = environment["AWS_DEFAULT_PROFILE"] ?? environment["AWS_PROFILE"] {
      name = ProfileName(profile, .environment)
    } else {
      name = ProfileName("default", .fallback)
    }
    do throws(AWSError) { configuration = .success(try files.load()) } catch { configuration = .failure(error) }
  }

  /// Returns the profile's options; `nil` where no profile is named and there is no default one.
  func section() throws(CommandFailure) -> SharedConfiguration.Section? {
    let configuration = try loaded()
    let section = configuration.profile(name.name)
    guard section != nil || name.origin == .fallback else { throw .profileNotFound(name.name) }
    return section
  }

  /// The profile that counts, whether or not there is one of that name.
  var profileName: String { name.name }

  func loaded() throws(CommandFailure) -> SharedConfiguration {
    do { return try configuration.get() } catch { throw .exception(error.message) }
  }

  /// Returns the format of times; a profile that does not exist is reported later.
  func timestampFormat() throws(CommandFailure) -> TimestampFormat {
    do {
      let section = (try? loaded())?.profile(name.name)
      return try TimestampFormat(configured: section?.text("cli_timestamp_format"))
    } catch {
      throw .exception(error.message)
    }
  }

  /// Whether the AWS CLI would fetch a value that is an address: unless the profile says anything but `true`.
  var followsAddresses: Bool {
    ((try? loaded())?.profile(name.name)?.text("cli_follow_urlparam") ?? "true") == "true"
  }

  /// Throws the AWS CLI's message for the first setting of the client that has a wrong value, in botocore's order.
  ///
  /// Source: botocore 1.43, session.py (`create_client`) and args.py.
  ///
  /// - Parameters:
  ///   - option: The region of the command line.
  ///   - isSigned: Whether the request is signed; without a signature botocore looks for no credentials, and leaves a setting
  ///     aside.
  func checkClient(region option: String?, isSigned: Bool) throws(CommandFailure) {
    let section = try section()
    if isSigned, name.origin != .setting, environment.nonEmpty("AWS_ACCESS_KEY_ID") != nil,
      environment.nonEmpty("AWS_SECRET_ACCESS_KEY") == nil
    {
      throw .exception("Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY")
    }
    func value(_ option: String, _ variable: String) -> String? { environment[variable] ?? section?.text(option) }
    let modes = ["legacy", "auto", "standard", "in-region", "cross-region", "mobile"]
    if let mode = value("defaults_mode", "AWS_DEFAULTS_MODE"), !modes.contains(mode.lowercased()) {
      throw .exception(
        "Client configured with invalid defaults mode: \(mode). Valid defaults modes include:"
          + " \(modes.joined(separator: ", ")).")
    }
    _ = try region(option)
    var attempts: Int?
    if let text = value("max_attempts", "AWS_MAX_ATTEMPTS") {
      guard let number = PythonInteger.parse(text) else { throw .invalidInteger(text) }
      attempts = number
    }
    if let size = value("request_min_compression_size_bytes", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES") {
      let problem = "Invalid value \"\(size)\" for request_min_compression_size_bytes. Value must be"
      guard let number = PythonInteger.parse(size) else {
        throw .exception("\(problem) an integer. Received <class 'str'> instead.")
      }
      guard 1...1_048_576 ~= number else { throw .exception("\(problem) between 1 and 1048576.") }
    }
    for (option, variable) in [
      ("request_checksum_calculation", "AWS_REQUEST_CHECKSUM_CALCULATION"),
      ("response_checksum_validation", "AWS_RESPONSE_CHECKSUM_VALIDATION"),
    ] {
      guard let use = value(option, variable)?.lowercased(), !["when_supported", "when_required"].contains(use) else {
        continue
      }
      throw .exception(
        "Unsupported configuration value for \(option). Expected one of ('when_supported', 'when_required') but got"
          + " \(use).")
    }
    if isSigned, let mode = value("account_id_endpoint_mode", "AWS_ACCOUNT_ID_ENDPOINT_MODE")?.lowercased(),
      !["preferred", "disabled", "required"].contains(mode)
    {
      throw .exception(
        "The configured value '\(mode)' for 'account_id_endpoint_mode' is invalid. Valid values are: ('preferred',"
          + " 'disabled', 'required').")
    }
    if let attempts, attempts < 1 {
      throw .exception(
        "Value provided to \"max_attempts\": \(attempts) must be an integer greater than or equal to 1.")
    }
    if let mode = value("retry_mode", "AWS_RETRY_MODE"), !["legacy", "standard", "adaptive"].contains(mode) {
      throw .exception(
        "Invalid value provided to \"mode\": \"\(mode)\" must be one of: ('legacy', 'standard', 'adaptive')")
    }
    if let use = value("sts_regional_endpoints", "AWS_STS_REGIONAL_ENDPOINTS"), !use.isEmpty,
      !["legacy", "regional"].contains(use)
    {
      throw .exception(
        "STS regional endpoints option \(use) is invalid. Valid options are: \"legacy\", \"regional\"")
    }
  }

  /// Returns the output format: the command line's, else the configured one.
  func output(_ option: String?) throws(CommandFailure) -> String {
    if let output = option ?? environment["AWS_DEFAULT_OUTPUT"] { return output }
    return try section()?.text("output") ?? "json"
  }

  /// Returns the region: the command line's, else the configured one.
  ///
  /// `AWS_REGION` is ours: version 1 of the AWS CLI knows `AWS_DEFAULT_REGION` only.
  func region(_ option: String?) throws(CommandFailure) -> String {
    if let region = option ?? environment.nonEmpty("AWS_REGION") ?? environment.nonEmpty("AWS_DEFAULT_REGION") {
      return region
    }
    guard let region = try section()?.text("region"), !region.isEmpty else { throw .noRegion }
    return region
  }

  /// Throws if the given region is not a valid name.
  func checkRegion(_ option: String?) throws(CommandFailure) {
    guard let region = try? region(option) else { return }
    do { _ = try Region(region) } catch {
      throw .exception("Provided region_name '\(region)' doesn't match a supported format.")
    }
  }
}
