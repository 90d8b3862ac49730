import Testing

@testable import AWSCommandLine

/// Beside the table of whole command lines in `Tests/oracle/cli.jsonl`: what argparse does with single arguments.
@Suite struct OptionParserTests {
  private func parse(_ arguments: String...) throws(CommandFailure) -> OptionParser.Result {
    try OptionTable.global.parse(["connect"] + arguments)
  }

  private func lastLine(_ arguments: String...) -> String? {
    do throws(CommandFailure) {
      _ = try OptionTable.global.parse(["connect"] + arguments)
      return nil
    } catch {
      return error.text.split(separator: "\n").last.map(String.init)
    }
  }

  @Test func `The last of several values counts`() throws {
    #expect(try parse("--region", "a", "--region=b").options["--region"] == "b")
  }

  @Test func `A prefix that only one option has stands for it`() throws {
    #expect(try parse("--reg", "a").options == ["--region": "a"])
    #expect(try parse("--reg=a").options == ["--region": "a"])
    #expect(
      lastLine("--no")
        == "aws: error: ambiguous option: --no could match --no-verify-ssl, --no-paginate, --no-sign-request")
  }

  @Test func `Our own options neither are abbreviated nor make another's abbreviation ambiguous`() throws {
    #expect(try parse("--d").options == ["--debug": ""])
    #expect(try parse("--direct").options == ["--direct": ""])
    #expect(try parse("--broke", "x").unknown == ["--broke", "x"])
  }

  @Test func `Negative numbers and texts with spaces are values, other arguments with a hyphen are not`() throws {
    #expect(try parse("--cli-read-timeout", "-5").options["--cli-read-timeout"] == "-5")
    #expect(try parse("--query", "-a b").options["--query"] == "-a b")
    #expect(try parse("--query", "-").options["--query"] == "-")
    #expect(lastLine("--query", "-a") == "aws: error: argument --query: expected one argument")
  }

  @Test func `Behind two hyphens nothing is an option`() throws {
    let result = try parse("--debug", "--", "--region", "x")
    #expect(result.options == ["--debug": ""])
    #expect(result.unknown == ["--", "--region", "x"])
  }

  @Test func `Version ends the parsing where it stands`() throws {
    #expect(try parse("--version", "--output", "none").end == "--version")
    #expect(lastLine("--output", "none", "--version") != nil)
  }

  @Test func `What is unknown is handed back in order`() throws {
    #expect(
      try parse("one", "--two", "--debug", "three", "--four=five").unknown == ["one", "--two", "three", "--four=five"])
  }
}
