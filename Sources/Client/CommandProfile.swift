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
