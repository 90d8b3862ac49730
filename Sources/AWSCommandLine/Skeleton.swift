package import JSON

/// What `--generate-cli-skeleton` prints.
package enum Skeleton {
  /// To be filled in, for `--cli-input-json`.
  package static let input: JSONValue = ["InstanceId": ""]

  /// An answer of the operation, its times as Python prints the first moment of the epoch: in JSON by `isoformat`,
  /// elsewhere by `str`.
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
