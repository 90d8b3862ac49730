import Glibc

/// The AWS CLI that `make test` installs beside the package.
enum AWSCLI {
  static let path =
    String(
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))
    + "/.venv/bin/aws"

  /// Whether to use it: where it is there, and in CI, where it must be.
  static let isExpected = access(path, X_OK) == 0 || getenv("CI").map { String(cString: $0) } == "true"
}
