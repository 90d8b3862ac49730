import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

/// The ways to credentials that ask somebody outside the daemon, whose answers a test spoils.
enum OutsideSource: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case role, webIdentity, identityCenterRenewal, identityCenterRole, container, metadata, process

  var testDescription: String { rawValue }

  /// Those that are services.
  static let services = allCases.filter { $0 != .process }

  /// The target of the request whose answer is spoilt.
  fileprivate var target: String {
    switch self {
    case .role, .webIdentity: "/"
    case .identityCenterRenewal: "/token"
    case .identityCenterRole: "/federation/credentials?role_name=r&account_id=1"
    case .container: "/container"
    case .metadata: "/latest/meta-data/iam/security-credentials/role"
    case .process: ""
    }
  }
}

/// One such way, set up in a directory, with services that answer well but where a test says otherwise.
final class OutsideSourceFixture: Sendable {
  let source: OutsideSource
  let directory = ScratchDirectory()
  let connect = connectNamingSigners()
  private let services: LoopbackServer

  /// - Parameters:
  ///   - spoil: Answers in place of the service, and returns whether it did; asked for each request of the credentials.
  ///   - expiration: Of the credentials, as text; asked for each answer.
  init(
    _ source: OutsideSource, spoil: @escaping @Sendable (LoopbackServer.Connection) -> Bool = { _ in false },
    expiration: @escaping @Sendable () -> String = { OutsideSourceFixture.goodExpiration }
  ) {
    self.source = source
    services = LoopbackServer { connection in
      while let request = connection.readRequest() {
        let target = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        if target == source.target, spoil(connection) { return }
        Self.answer(connection, request, target, expiration())
      }
    }
  }

  /// The requests of the services, as they came.
  var requests: [String] { services.requests }

  private static func answer(
    _ connection: LoopbackServer.Connection, _ request: String, _ target: String, _ expiration: String
  ) {
    let metadata =
      #"{"Code":"Success","AccessKeyId":"KEY","SecretAccessKey":"s","Token":"t","Expiration":"\#(expiration)"}"#
    switch target {
    case "/":
      let action = request.contains("Action=AssumeRoleWithWebIdentity&") ? "AssumeRoleWithWebIdentity" : "AssumeRole"
      connection.respond(
        """
        <R><\(action)Result><Credentials><AccessKeyId>KEY</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>\(expiration)</Expiration></Credentials></\(action)Result></R>
        """)
    case "/token":
      let seconds = number(expiration, where: "3600")
      connection.respond(#"{"accessToken":"new","expiresIn":\#(seconds),"refreshToken":"r","tokenType":"Bearer"}"#)
    case OutsideSource.identityCenterRole.target:
      let milliseconds = number(expiration, where: "4102444800000")
      connection.respond(
        #"{"roleCredentials":{"accessKeyId":"KEY","secretAccessKey":"s","sessionToken":"t","#
          + #""expiration":\#(milliseconds)}}"#)
    case "/container", OutsideSource.metadata.target: connection.respond(metadata)
    case "/latest/api/token": connection.respond("session")
    case "/latest/meta-data/iam/security-credentials/": connection.respond("role")
    default: connection.respond("", status: "404 Not Found")
    }
  }

  static let goodExpiration = "2100-01-01T00:00:00Z"

  /// What stands for an expiration where a number does: `good` for the good one, and others as numbers if they are some.
  private static func number(_ expiration: String, where good: String) -> String {
    if expiration == goodExpiration { return good }
    return Double(expiration) != nil && !expiration.hasPrefix("0x") ? expiration : "\"\(expiration)\""
  }

  /// Writes what a `credential_process` prints.
  func writeProcessAnswer(expiration: String) {
    directory.write(
      "answer", #"{"Version":1,"AccessKeyId":"KEY","SecretAccessKey":"s","Expiration":"\#(expiration)"}"#)
  }

  /// Starts the daemon, which has this way and no other.
  ///
  /// - Parameter firstProcess: What a `credential_process` does in its first run, as a shell script; then it answers.
  func start(configuration: String = "", firstProcess: String = ":") async throws -> LoneDaemon {
    var config = "[default]\nregion = us-east-1\n"
    var environment = [
      "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": services.url,
      "AWS_EC2_METADATA_DISABLED": "true",
    ]
    switch source {
    case .role:
      config += "role_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
      config += "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
    case .webIdentity:
      environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = directory.write("token", "web.identity.token")
      environment["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/web"
    case .identityCenterRenewal, .identityCenterRole:
      config += "sso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
      config += "[sso-session corp]\nsso_start_url = https://start.example.com\nsso_region = us-east-1\n"
      let end = source == .identityCenterRole ? "2100-01-01T00:00:00Z" : "2020-01-01T00:00:00Z"
      _ = ChildProcess.run(["mkdir", "-p", "\(directory.path)/.aws/sso/cache"])
      // The name is the digest of the session's.
      let digest = ChildProcess.run(["sh", "-c", "printf corp | sha1sum"]).output.prefix { $0 != " " }
      directory.write(
        ".aws/sso/cache/\(digest).json",
        #"{"startUrl":"https://start.example.com","region":"us-east-1","accessToken":"a","expiresAt":"\#(end)","#
          + #""clientId":"c","clientSecret":"s","registrationExpiresAt":"2100-01-01T00:00:00Z","refreshToken":"r"}"#)
    case .container: environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "\(services.url)/container"
    case .metadata:
      environment["AWS_EC2_METADATA_DISABLED"] = ""
      environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = services.url
    case .process:
      writeProcessAnswer(expiration: Self.goodExpiration)
      let first = "if mkdir '\(directory.path)/ran' 2>/dev/null; then \(firstProcess); fi"
      config +=
        "credential_process = sh "
        + directory.write("process.sh", "\(first)\ncat '\(directory.path)/answer'\n") + "\n"
    }
    environment["AWS_CONFIG_FILE"] = directory.write("config", config)
    return try await LoneDaemon(
      in: directory, endpoint: connect.url, environment: environment, configuration: configuration)
  }
}
