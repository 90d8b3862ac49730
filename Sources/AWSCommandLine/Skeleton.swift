package import JSON

/// The output of `--generate-cli-skeleton`.
package enum Skeleton {
  /// A template for `--cli-input-json`.
  package static let input: JSONValue = ["InstanceId": ""]

  /// A result of the operation, with the epoch for its times: as Python's `isoformat` in JSON, otherwise as `str`.
  package static func output(for format: String) -> JSONValue {
    let time: JSONValue = format == "json" ? "1970-01-01T00:00:00" : "1970-01-01 00:00:00"
    return [
      "Credentials": [
        "AccessToken": "AccessToken", "AccessTokenExpiration": time, "RefreshToken": "RefreshToken",
        "RefreshTokenExpiration": time,
      ],
      "SignInUrl": "SignInUrl", "UserArn": "UserArn", "UserId": "UserId",
    ]
  }
}
