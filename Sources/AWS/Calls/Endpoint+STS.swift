extension Endpoint {
  /// The one endpoint that STS had before it had regional ones, where it is asked for: by `AWS_STS_REGIONAL_ENDPOINTS`
  /// (or `sts_regional_endpoints` of the profile) `legacy`, or by the region `aws-global`.
  ///
  /// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html. Throws `.noRegion`
  /// where the setting is neither `legacy` nor `regional`, as botocore does.
  static func globalSTS(
    region: Region, environment: Environment, section: SharedConfiguration.Section?
  ) throws(AWSError) -> Endpoint? {
    let mode =
      environment.nonEmpty("AWS_STS_REGIONAL_ENDPOINTS") ?? section?.text("sts_regional_endpoints") ?? "regional"
    guard ["legacy", "regional"].contains(mode) else {
      throw AWSError(.noRegion, "AWS_STS_REGIONAL_ENDPOINTS (sts_regional_endpoints) is legacy or regional")
    }
    guard region.name == "aws-global" || mode == "legacy" && legacyRegions.contains(region.name) else {
      return nil
    }
    return try Endpoint(url: "https://sts.amazonaws.com", region: Region("us-east-1"))
  }

  /// Regions that came after these never used the global endpoint.
  private static let legacyRegions: Set<String> = [
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
  ]
}
