internal import System

/// The name of a region, such as `us-west-2`: a host label, because it becomes part of a host name.
package struct Region: Sendable, Hashable {
  package let name: String

  /// Throws `.noRegion` if the name could not be a host label (RFC 1123 §2.1); a dot in it could choose the host that
  /// is sent the credentials' signature.
  package init(_ name: String) throws(AWSError) {
    let isLabel =
      1...63 ~= name.utf8.count && !name.hasPrefix("-") && !name.hasSuffix("-")
      && name.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") }
      && !name.utf8.allSatisfy(\.isASCIIDigit)
    guard isLabel else {
      throw AWSError(.noRegion, "a region is named by letters, digits and hyphens, as in us-west-2")
    }
    self.name = name
  }

  /// The region of an instance's calls: its own setting, its ARN's, the flag, `AWS_REGION`, `AWS_DEFAULT_REGION`, the
  /// profile's, the one that the machine is in.
  ///
  /// The instance goes first because a pod always has `AWS_REGION`, wherever its instances are.
  ///
  /// Throws `.noRegion` if there is none, or it is not the name of a region.
  package static func resolve(
    instanceRegion: String?, instanceID: String, settings: UpstreamSettings, environment: Environment,
    section: SharedConfiguration.Section?, machineRegion: String? = nil
  ) throws(AWSError) -> Region {
    let name = sources(
      instanceRegion: instanceRegion, instanceID: instanceID, settings: settings, environment: environment,
      section: section, machineRegion: machineRegion
    ).lazy.compactMap { $0.name }.first
    guard let name, !name.isEmpty else {
      throw AWSError(
        .noRegion, "no region: set region of the instance, --region, AWS_REGION or region of the profile")
    }
    return try Region(name)
  }

  /// Where the name of an instance's region can come from, for people, best first.
  package static func sources(
    instanceRegion: String?, instanceID: String, settings: UpstreamSettings, environment: Environment,
    section: SharedConfiguration.Section?, machineRegion: String?
  ) -> [(origin: String, name: String?)] {
    [
      ("the instance's configuration", instanceRegion), ("the instance's ARN", named(inARN: instanceID)),
      ("region in the configuration", settings.region), ("AWS_REGION", environment.nonEmpty("AWS_REGION")),
      ("AWS_DEFAULT_REGION", environment.nonEmpty("AWS_DEFAULT_REGION")), ("the profile", section?.text("region")),
      ("this machine's metadata", machineRegion),
    ]
  }

  /// `us-east-1` of `arn:aws:connect:us-east-1:123456789012:instance/…`.
  package static func named(inARN text: String) -> String? {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "connect", !parts[3].isEmpty else { return nil }
    return String(parts[3])
  }
}
