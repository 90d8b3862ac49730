extension Invocation {
  /// The names of all options, for completion.
  package static var optionNames: [String] {
    (OptionTable.operation([]).options + OptionTable.global.options).map(\.name)
  }

  /// The output of `get-federation-token help`.
  package static let help = """
    fedbroker get-federation-token takes each option of `aws connect get-federation-token`, as the AWS CLI 1.45 takes it:

      --instance-id ID                   the instance: an id, an ARN, or an alias of the daemon's configuration
      --cli-input-json JSON              the parameters as JSON, or file://PATH
      --generate-cli-skeleton [output]   prints such JSON, or an example of an answer, and sends nothing
      --output json|text|table|yaml      yaml is fedbroker's own
      --query EXPRESSION                 JMESPath
      --color on|off|auto
      --profile NAME, --region REGION
      --endpoint-url URL, --ca-bundle FILE, --no-verify-ssl, --no-sign-request
      --cli-read-timeout SECONDS, --cli-connect-timeout SECONDS
      --no-paginate, --debug, --version

    It asks the daemon where that answers for the same credentials, and AWS where not. Of its own it has:

      --direct                           asks AWS, whatever daemon there is
      --broker http://HOST:PORT|unix:PATH
                                         asks this daemon, with the daemon's credentials, and no one else

    """
}
