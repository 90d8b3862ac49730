extension Invocation {
  /// The names of all options, for completion.
  package static var optionNames: [String] {
    (OptionTable.operation([]).options + OptionTable.global.options).map(\.name)
  }

  /// The output of `get-federation-token help`, a manual page as the AWS CLI prints one.
  ///
  /// A heading begins at the margin, a text after seven spaces, what belongs to an option after ten: `.ci/manual` makes the
  /// manual page for man(1) of it.
  package static let help = """
    NAME
           get-federation-token - sign in a user of Amazon Connect

    DESCRIPTION
           Returns a token that signs in the Amazon Connect user whose name is the
           session name of the AWS credentials, and the address to sign in at. The
           instance must use SAML 2.0 for identity management.

           Credentials of an account's root user are refused: AWS answers with an
           InvalidParameterException, "cannot be used for federation with Amazon
           Connect". Use a role.

           The command line, what is printed, the messages and the exit codes are
           those of `aws connect get-federation-token` of the AWS CLI 1.45; the page
           docs/aws-cli.md lists the differences. The daemon is asked where it
           answers for the same credentials, and AWS where not.

    SYNOPSIS
           fedbroker get-federation-token
             --instance-id <value>
             [--cli-input-json <value>]
             [--generate-cli-skeleton <value>]
             [--debug]
             [--endpoint-url <value>]
             [--no-verify-ssl]
             [--no-paginate]
             [--output <value>]
             [--query <value>]
             [--profile <value>]
             [--region <value>]
             [--version <value>]
             [--color <value>]
             [--no-sign-request]
             [--ca-bundle <value>]
             [--cli-read-timeout <value>]
             [--cli-connect-timeout <value>]
             [--v2-debug]
             [--direct]
             [--broker <value>]

    OPTIONS
           --instance-id (string) [required]
              The instance: its id, of 1 to 100 characters, or its ARN. Where the
              daemon is asked, also an alias of its configuration. file:// and a
              path stand for the content of that file.

           --cli-input-json (string)
              The parameters as JSON, as --generate-cli-skeleton prints them, or
              file:// and the path of a file that has them. What is given on the
              command line counts before it.

           --generate-cli-skeleton (string)
              Prints JSON and sends nothing: with input, or without a value, that of
              the parameters; with output, an example of an answer.

    GLOBAL OPTIONS
           --debug (boolean)
              Tells each step on standard error, secrets left out, and asks AWS.

           --endpoint-url (string)
              The address of Amazon Connect, in place of the region's own. AWS is
              asked.

           --no-verify-ssl (boolean)
              Accepts any certificate. AWS is asked.

           --no-paginate (boolean)
              Has no effect: the operation has one page.

           --output (string)
              The form of the output: json, text, table or, beyond the AWS CLI,
              yaml.

           --query (string)
              A JMESPath expression that selects from the answer, such as SignInUrl.

           --profile (string)
              The profile of ~/.aws/config and ~/.aws/credentials to use.

           --region (string)
              The region of the instance. Counts before the environment and the
              profile.

           --version (string)
              Prints the version of fedbroker.

           --color (string)
              Whether tables are coloured: on, off or auto, on a terminal only.

           --no-sign-request (boolean)
              Sends the request without a signature. AWS is asked.

           --ca-bundle (string)
              A file of the certificate authorities to trust, in place of the
              system's. AWS is asked.

           --cli-read-timeout (int)
              The seconds for which AWS may stay silent; 60 if not given, 0 waits
              without end.

           --cli-connect-timeout (int)
              The seconds that connecting may take; 60 if not given, 0 waits without
              end.

           --v2-debug (boolean)
              Has no effect: what version 2 of the AWS CLI would change is not told.

           --direct (boolean)
              Asks AWS, whatever daemon there is. Not an option of the AWS CLI.

           --broker (string)
              Asks this daemon, http://HOST:PORT or unix:PATH, with its credentials,
              and no one else. Not an option of the AWS CLI.

    OUTPUT
           Credentials -> (structure)
              AccessToken -> (string)
                 The token that signs in.
              AccessTokenExpiration -> (timestamp)
                 When it ends.
              RefreshToken -> (string)
                 The token that gets another access token.
              RefreshTokenExpiration -> (timestamp)
                 When that ends.

           SignInUrl -> (string)
              The address to which a browser posts the credentials to be signed in.

           UserArn -> (string)
              The ARN of the user.

           UserId -> (string)
              The id of the user.

    """
}
