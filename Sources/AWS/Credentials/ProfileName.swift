/// Which profile counts, and who said so.
package struct ProfileName: Sendable, Hashable {
  package enum Origin: Sendable {
    /// A flag or the configuration: the environment's credentials do not count then.
    case setting
    /// `AWS_DEFAULT_PROFILE` or `AWS_PROFILE`.
    case environment
    /// Nobody: `default`, which need not exist.
    case fallback
  }

  package let name: String
  package let origin: Origin

  package init(_ name: String, _ origin: Origin) {
    self.name = name
    self.origin = origin
  }

  /// The identity's own profile, else the one of the settings, else the environment's (whose older variable botocore
  /// prefers), else `default`.
  package init(identity: Identity, settings: UpstreamSettings, environment: Environment) {
    if let name = identity.profile ?? settings.profile {
      self.init(name, .setting)
    } else if let name = environment["AWS_DEFAULT_PROFILE"] ?? environment["AWS_PROFILE"] {
      self.init(name, .environment)
    } else {
      self.init("default", .fallback)
    }
  }
}
