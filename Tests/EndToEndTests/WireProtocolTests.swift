import FoundationEssentials
import Glibc
import Secrets
import TestSupport
import Testing

/// Unchanged AWS clients against the daemon in place of Amazon Connect.
@Suite(.timeLimit(.minutes(10)), .enabled(if: AWSCLI.isExpected, "no .venv with the AWS CLI"))
struct WireProtocolTests {
  private func environment(
    _ deployment: Deployment, secret: String? = nil, key: String = "fedbroker"
  ) -> [String: String] {
    [
      "PATH": "/usr/bin:/bin", "HOME": deployment.directory.path, "AWS_REGION": "us-east-1",
      "AWS_ENDPOINT_URL_CONNECT": "http://\(deployment.address)", "AWS_ACCESS_KEY_ID": key,
      "AWS_SECRET_ACCESS_KEY": secret ?? deployment.token.exposed, "AWS_DEFAULT_REGION": "us-east-1",
    ]
  }

  private func aws(
    _ deployment: Deployment, _ arguments: [String], secret: String? = nil, key: String = "fedbroker"
  ) async throws -> (status: Int32, output: String, error: String) {
    try await LoggedProcess.run(
      AWSCLI.path, ["connect"] + arguments, environment: environment(deployment, secret: secret, key: key))
  }

  @Test("The AWS CLI uses the cache by nothing but its environment, ids of any kind included")
  func commandLine() async throws {
    let deployment = try await Deployment()
    let arn = "arn:aws:connect:us-east-1:123456789012:instance/66666666-7777-8888-9999-000000000000"
    for id in ["demo", arn, "demo"] {
      let result = try await aws(deployment, ["get-federation-token", "--instance-id", id])
      #expect(result.status == 0, "\(result.error)")
      #expect(result.output.contains("\"AccessToken\": \"access.emulated-agent."))
    }
    #expect(deployment.upstreamCalls == 2)
    await deployment.stop()
  }

  @Test("The AWS CLI shows what is wrong in its own form")
  func errors() async throws {
    let deployment = try await Deployment(emulator: ["--script", "nobody"])
    let known = "when calling the GetFederationToken operation"
    let wrongSecret = try await aws(deployment, ["get-federation-token", "--instance-id", "demo"], secret: "wrong")
    #expect(wrongSecret.status == 255)
    #expect(wrongSecret.error.contains("(InvalidSignatureException) \(known)"))
    let wrongKey = try await aws(deployment, ["get-federation-token", "--instance-id", "demo"], key: "AKIDREAL")
    #expect(wrongKey.error.contains("(UnrecognizedClientException) \(known)"))
    let unsigned = try await aws(deployment, ["get-federation-token", "--instance-id", "demo", "--no-sign-request"])
    #expect(unsigned.error.contains("(MissingAuthenticationTokenException) \(known)"))
    let refused = try await aws(deployment, ["get-federation-token", "--instance-id", "demo"])
    #expect(refused.error.contains("(UserNotFoundException) \(known)"))
    let other = try await aws(deployment, ["list-instances"])
    #expect(other.error.contains("(UnknownOperationException)"))
    #expect(other.error.contains("GetFederationToken only"))
    await deployment.stop()
  }

  @Test("An SDK of another service understands that it has come to the wrong place")
  func otherServices() async throws {
    let deployment = try await Deployment()
    let script = """
      import boto3, botocore, botocore.config
      configuration = botocore.config.Config(retries={'total_max_attempts': 1})
      unsigned = botocore.config.Config(retries={'total_max_attempts': 1}, signature_version=botocore.UNSIGNED)
      calls = [
          ('sts', 'get_caller_identity', {}), ('iam', 'list_users', {}), ('ec2', 'describe_instances', {}),
          ('s3', 'list_buckets', {}), ('s3', 'get_object', {'Bucket': 'b', 'Key': 'k'}),
          ('s3', 'put_object', {'Bucket': 'b', 'Key': 'k', 'Body': b'x' * 1000}),
          ('s3', 'create_multipart_upload', {'Bucket': 'b', 'Key': 'a b/c'}),
          ('dynamodb', 'list_tables', {}), ('sqs', 'list_queues', {}), ('lambda', 'list_functions', {}),
          ('cloudwatch', 'list_metrics', {}), ('route53', 'list_hosted_zones', {}), ('cloudfront', 'list_distributions', {}),
          ('logs', 'describe_log_groups', {}), ('connect', 'list_instances', {}), ('secretsmanager', 'list_secrets', {}),
          ('sns', 'list_topics', {}), ('cloudformation', 'list_stacks', {}), ('ssm', 'describe_parameters', {}),
      ]
      for service, operation, parameters in calls:
          client = boto3.client(service, endpoint_url='http://\(deployment.address)', config=configuration)
          try:
              getattr(client, operation)(**parameters)
              print(service, operation, 'answered')
          except botocore.exceptions.ClientError as error:
              print(service, operation, error.response['Error'].get('Code'), error.response['Error'].get('Message'))
      # This operation is not signed.
      client = boto3.client('sts', endpoint_url='http://\(deployment.address)', config=unsigned)
      try:
          client.assume_role_with_web_identity(RoleArn='arn:aws:iam::123456789012:role/r', RoleSessionName='ab', WebIdentityToken='abcd')
      except botocore.exceptions.ClientError as error:
          print('sts', 'unsigned', error.response['Error'].get('Code'), error.response['Error'].get('Message'))
      """
    let result = try await LoggedProcess.run(
      AWSCLI.path.replacing("/aws", with: "/python"), ["-c", script], environment: environment(deployment))
    #expect(result.status == 0, "\(result.error)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 20)
    for line in lines {
      #expect(line.contains(" UnknownOperationException This endpoint is fedbroker"), "\(line)")
      #expect(line.contains("AWS_ENDPOINT_URL_CONNECT"), "\(line)")
    }
    await deployment.stop()
  }

  @Test("boto3 parses the answer, times included")
  func boto3() async throws {
    let deployment = try await Deployment()
    let script = """
      import boto3
      answer = boto3.client('connect').get_federation_token(InstanceId='demo')
      print(answer['Credentials']['AccessTokenExpiration'].isoformat(), answer['SignInUrl'], answer['UserId'])
      """
    let result = try await LoggedProcess.run(
      AWSCLI.path.replacing("/aws", with: "/python"), ["-c", script], environment: environment(deployment))
    #expect(result.status == 0, "\(result.error)")
    let words = result.output.split(separator: " ")
    #expect(words.count == 3)
    #expect(words.first?.hasPrefix("20") == true)
    #expect(words.dropFirst().first?.hasPrefix("http://") == true)
    await deployment.stop()
  }

  @Test("curl signs by itself")
  func curl() async throws {
    let deployment = try await Deployment()
    func curl(user: String) async throws -> String {
      try await LoggedProcess.run(
        "curl",
        [
          "--silent", "--noproxy", "*", "--aws-sigv4", "aws:amz:eu-west-1:connect", "--user", user, "--write-out",
          " %{http_code}", "http://\(deployment.address)/user/federate/11111111-2222-3333-4444-555555555555",
        ], environment: ["PATH": "/usr/bin:/bin"]
      ).output
    }
    #expect(try await curl(user: "fedbroker:\(deployment.token.exposed)").hasSuffix(" 200"))
    #expect(try await curl(user: "fedbroker:wrong").hasSuffix(" 403"))
    await deployment.stop()
  }
}
