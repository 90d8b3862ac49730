/// A group of regions with domain names of their own.
///
/// Source: botocore's partitions.json. All of them have FIPS and dual-stack endpoints.
struct Partition: Sendable, Equatable {
  let id: String
  let domain: String
  let dualStackDomain: String

  /// The partition of a region, `aws` for a name of no known form: a new region of that partition is the likeliest.
  static func of(_ region: Region) -> Partition {
    others.first { other in
      region.name == "\(other.partition.id)-global" || isRegion(region.name, after: other.prefix)
    }?.partition ?? aws
  }

  static let aws = Partition(id: "aws", domain: "amazonaws.com", dualStackDomain: "api.aws")

  private static let others: [(prefix: String, partition: Partition)] = [
    (
      "cn-",
      Partition(id: "aws-cn", domain: "amazonaws.com.cn", dualStackDomain: "api.amazonwebservices.com.cn")
    ),
    ("eusc-de-", Partition(id: "aws-eusc", domain: "amazonaws.eu", dualStackDomain: "api.amazonwebservices.eu")),
    ("us-iso-", Partition(id: "aws-iso", domain: "c2s.ic.gov", dualStackDomain: "api.aws.ic.gov")),
    ("us-isob-", Partition(id: "aws-iso-b", domain: "sc2s.sgov.gov", dualStackDomain: "api.aws.scloud")),
    ("eu-isoe-", Partition(id: "aws-iso-e", domain: "cloud.adc-e.uk", dualStackDomain: "api.cloud-aws.adc-e.uk")),
    ("us-isof-", Partition(id: "aws-iso-f", domain: "csp.hci.ic.gov", dualStackDomain: "api.aws.hci.ic.gov")),
    ("us-gov-", Partition(id: "aws-us-gov", domain: "amazonaws.com", dualStackDomain: "api.aws")),
  ]

  /// Whether a word and a number, as in `west-1`, follow the prefix.
  private static func isRegion(_ name: String, after prefix: String) -> Bool {
    guard name.hasPrefix(prefix) else { return false }
    let rest = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
    return rest.count == 2 && !rest[0].isEmpty && !rest[1].isEmpty && rest[1].allSatisfy(\.isNumber)
  }
}
