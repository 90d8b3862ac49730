"""Runs generated command lines of get-federation-token through the AWS CLI and through fedbroker, and prints where they differ.

    .venv/bin/python Tests/oracle/compare.py BINARY COUNT [SEED [FIRST]]

Case NUMBER of a SEED is always the same one. What both wrote to standard output and to standard error, and the exit
status are compared. A difference that is intended has its name in INTENDED, and its reason in the table of
docs/aws-cli.md. Ends with 1 where another one is found.
"""

import contextlib
import functools
import http.server
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

import awscli.clidriver
import botocore.loaders
from cli import run_in_child

TOKEN = {
    "Credentials": {
        "AccessToken": "eyJhbGciOi.token", "AccessTokenExpiration": 4102444800.123, "RefreshToken": "refresh-token",
        "RefreshTokenExpiration": 4102488000},
    "SignInUrl": "https://demo.my.connect.aws/auth/sign-in",
    "UserArn": "arn:aws:connect:us-east-1:111122223333:instance/demo/agent/7", "UserId": "agent-7"}

# Status, x-amzn-ErrorType, body. Most cases are about the first one.
ANSWERS = [
    (200, None, json.dumps(TOKEN)),
    (200, None, json.dumps({**TOKEN, "UserId": "Jürgen 漢字", "More": {"is": "dropped"}}, ensure_ascii=False)),
    (200, None, '{"Credentials":{"AccessToken":"only"},"UserId":null}'),
    (200, None, "[1]"), (200, None, "NaN"), (200, None, "null"), (200, None, ""), (200, None, "{"),
    (200, None, '{"UserId":"a","UserId":"b"}'), (200, None, '{"Credentials":[]}'), (200, None, '{"Credentials":null}'),
    (200, None, '{"Credentials":{"AccessToken":"t","AccessTokenExpiration":"2026-01-01T00:00:00Z"}}'),
    (403, "AccessDeniedException", '{"Message":"User is not authorized"}'),
    (404, "UserNotFoundException", '{"message":"No user"}'),
    (404, "ResourceNotFoundException:http://internal.amazon.com/", '{"Message":"No instance"}'),
    (400, None, '{"__type":"com.amazon#InvalidRequestException","message":"no"}'),
    (400, None, '{"code":"InvalidParameterException","message":"no"}'),
    (400, None, '{"code":null,"message":"no"}'), (400, None, '{"code":5}'), (400, None, "[1]"), (400, None, "NaN"),
    (400, None, ""), (400, None, "<html>"), (400, None, '{"message":null}'), (400, "", '{"message":"no"}'),
    (429, "ThrottlingException", '{"message":"Rate exceeded"}'), (500, None, "{}"), (503, None, "Service Unavailable"),
]

INSTANCES = [
    "11111111-2222-3333-4444-555555555555", "arn:aws:connect:us-east-1:123456789012:instance/demo", "demo", "a b", "é漢",
    "a%2Fb", "a/b", "~x", "", "x" * 100, "x" * 101, "-", "1", "null", "[\"a\"]", "{\"a\":1}", "file://{home}/id",
    "file://{home}/none", "file://{home}/latin1", "fileb://{home}/id", "fileb://{home}/none", "file://", "fileb://",
    "http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "\\", "'", '"',
    # Bytes that are no UTF-8, as Python has them.
    "d\udce9mo",
]
INPUTS = [
    '{"InstanceId":"demo"}', '{"InstanceId":"demo","More":1}', '{"InstanceId":5}', '{"InstanceId":null}',
    '{"InstanceId":""}', "{}", "{", "tru", '{"', '{"InstanceId":"a\nb"}', '{"InstanceId":NaN}', "NaN", "Infinity", "[]",
    "[1]", "1", '"a"', "null", "", " ", '{"InstanceId":"demo"} x', "{'InstanceId':'demo'}", '{"InstanceId" "demo"}',
    '{"InstanceId":"demo",}', '{"InstanceId":"\\u12"}', '{"InstanceId":"\\x"}', '{"InstanceId":01}', "[1,]", "[1 2]",
    '{"a":1 "b":2}', '{"a":}', "{1:2}", '{"InstanceId":"demo"', '{"InstanceId":["demo"]}', '{"InstanceId":{"a":1}}',
    '{"InstanceId":true}', "nul", "-", "-a", '"\\ud800"', "file://{home}/input.json", "file://{home}/none",
    "file://{home}/latin1", "\ufeff{}", '{"InstanceId":"\t"}', "[", "[[", '{"a":[1,{"b":', "truefalse", "{,}", "[,1]",
]
QUERIES = [
    "SignInUrl", "Credentials.AccessToken", "Credentials", "*", "@", "keys(@)", "nothing", "Credentials.*", "[SignInUrl,UserId]",
    "{a:UserId,b:Credentials.AccessToken}", "length(UserId)", "length(`5`)", "]", "a..b", "foo(@)", "", " ", "UserId.x", "'raw'",
    "`[1,2,{\"a\":null}]`", "Credentials.AccessTokenExpiration", "to_string(@)", "sort(keys(@))", "UserId == 'agent-7'", "!a",
    "Credentials | keys(@)", "a[", "`{`", "abs('a')", "join(',', keys(Credentials))", "@.\"UserId\"",
]
ENDPOINTS = [
    "http://user@127.0.0.1:1", "http://127.0.0.1:1?a=b", "http://127.0.0.1:1#f", " http://127.0.0.1:1", "127.0.0.1:1", "http:/x",
    "ftp://127.0.0.1:1", "http://", "", "http://127.0.0.1:99999", "http://127.0.0.1:x", "http://a b", "http://[::1", "http://-x",
    "http://127.0.0.1:1/", "HTTP://127.0.0.1:1", "https://127.0.0.1:1", "http://127.0.0.1:1 ", "http://exa_mple.invalid", "//x",
    "http://127.0.0.1:0", "http://127.0.0.1:1/a?b", "http://ex\u00e4mple.invalid",
]
TIMEOUTS = ["5", "0", "1_0", "٣", "-1", "abc", "1.5", "", " 5", "5 ", "1e1", "+5", "0x5", "007", "None", "99999999999999999999"]
REGIONS = ["us-east-1", "eu-west-1", "us east", "", "us_east_1", "aws-global", "x", "a.b", "us-east-1/", "-a", "é", "fips-us-east-1"]
OUTPUTS = ["json", "text", "table", "xml", "JSON", "", "jsonx", "yaml-stream"]

ABBREVIATIONS = {
    "--instance-id": ["--instance-i", "--inst", "--i", "--instance_id", "--INSTANCE-ID"],
    "--cli-input-json": ["--cli-i", "--cli-input", "--cli-in"],
    "--output": ["--out", "--o"], "--query": ["--quer", "--q"], "--region": ["--reg", "--r"],
    "--profile": ["--prof", "--p"], "--endpoint-url": ["--end", "--e"], "--color": ["--col", "--co", "--c"],
    "--cli-read-timeout": ["--cli-r"], "--cli-connect-timeout": ["--cli-c"], "--generate-cli-skeleton": ["--gen", "--g"],
    "--no-sign-request": ["--no-s", "--no"], "--no-verify-ssl": ["--no-v"], "--no-paginate": ["--no-p"],
}

VARIABLES = {
    "AWS_MAX_ATTEMPTS": ["1", "0", "-1", "x", "1.5", "", " 1"],
    "AWS_RETRY_MODE": ["standard", "legacy", "adaptive", "bad", "", "Standard"],
    "AWS_USE_FIPS_ENDPOINT": ["true", "false", "x", "True"], "AWS_USE_DUALSTACK_ENDPOINT": ["true", "false", "x"],
    "AWS_DEFAULT_OUTPUT": ["text", "table", "bad", ""], "AWS_DEFAULT_REGION": ["eu-west-1", "", "a b", None],
    "AWS_REGION": ["eu-west-2"], "AWS_PROFILE": ["other", "none", ""], "AWS_DEFAULT_PROFILE": ["other", "none"],
    "AWS_ENDPOINT_URL": ["http://127.0.0.1:1", "x"], "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": ["true", "x"],
    "AWS_CA_BUNDLE": ["{home}/none"], "AWS_STS_REGIONAL_ENDPOINTS": ["bad", "legacy"], "AWS_DEFAULTS_MODE": ["bad", "standard"],
    "AWS_ACCESS_KEY_ID": ["", None], "AWS_SECRET_ACCESS_KEY": ["", None], "AWS_SESSION_TOKEN": ["t", ""],
    "AWS_CONFIG_FILE": ["{home}/none", "{home}/broken"], "AWS_EC2_METADATA_DISABLED": ["True"],
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": ["bad", "required"], "AWS_SIGV4A_SIGNING_REGION_SET": ["*"],
    "AWS_REQUEST_CHECKSUM_CALCULATION": ["bad"], "AWS_RESPONSE_CHECKSUM_VALIDATION": ["bad"],
    "AWS_DISABLE_REQUEST_COMPRESSION": ["bad"], "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": ["bad", "-1"],
    "AWS_SDK_UA_APP_ID": ["app", "a b" * 30],
}

SETTINGS = {
    "output": ["text", "table", "bad", ""], "region": ["eu-west-1", "a b"], "cli_follow_urlparam": ["true", "false", "x"],
    "parameter_validation": ["true", "false", "x"], "cli_timestamp_format": ["iso8601", "wire", "none", "bad"],
    "max_attempts": ["1", "x", "0"], "retry_mode": ["standard", "bad"], "endpoint_url": ["http://127.0.0.1:1", "x"],
    "use_fips_endpoint": ["true"], "use_dualstack_endpoint": ["true"], "ca_bundle": ["{home}/none"], "services": ["s", "none"],
    "tcp_keepalive": ["true", "x"], "defaults_mode": ["bad"], "sigv4a_signing_region_set": ["*"], "cli_binary_format": ["base64", "bad"],
    "cli_history": ["bad"], "ignore_configured_endpoint_urls": ["true"], "sts_regional_endpoints": ["bad"],
    "role_arn": ["arn:aws:iam::1:role/r"], "aws_access_key_id": ["AKID"], "credential_process": ["false"],
    "account_id_endpoint_mode": ["bad"], "request_min_compression_size_bytes": ["x"],
}


class Case:
    """One command line with its environment and files."""

    def __init__(self, seed, number):
        self.number = number
        choose = self.random = random.Random(f"{seed}:{number}")
        self.arguments = []
        self.environment = {}
        self.files = {
            "id": "demo", "latin1": b"d\xe9mo", "input.json": '{"InstanceId":"demo"}', "broken": "[profile\n", "none.d/x": "",
        }
        self.answer = 0 if choose.random() < 0.6 else choose.randrange(len(ANSWERS))
        self.endpoint()
        self.instance()
        for add in choose.sample(self.EXTRAS, k=choose.choice([0, 1, 1, 1, 2, 2, 3])):
            add(self)
        if choose.random() < 0.1:
            choose.shuffle(self.arguments)
        self.arguments = [word for option in self.arguments for word in option]

    def option(self, name, value=None):
        if self.random.random() < 0.1 and name in ABBREVIATIONS:
            name = self.random.choice(ABBREVIATIONS[name])
        if value is None:
            self.arguments.append([name])
        elif self.random.random() < 0.15:
            self.arguments.append([f"{name}={value}"])
        else:
            self.arguments.append([name, value])

    def endpoint(self):
        if self.random.random() < 0.5:
            self.environment["AWS_ENDPOINT_URL_CONNECT"] = "{endpoint}"
        else:
            self.option("--endpoint-url", "{endpoint}")

    def instance(self):
        if self.random.random() < 0.7:
            self.option("--instance-id", "demo")
        elif self.random.random() < 0.7:
            self.option("--instance-id", self.random.choice(INSTANCES))

    def input(self):
        self.option("--cli-input-json", self.random.choice(INPUTS))
        if self.random.random() < 0.6:
            self.arguments = [option for option in self.arguments if not option[0].startswith("--i")]

    def skeleton(self):
        value = self.random.choice(["input", "output", "yaml-input", "bad", "", None, None])
        self.option("--generate-cli-skeleton", value)

    def query(self):
        self.option("--query", self.random.choice(QUERIES))

    def output(self):
        self.option("--output", self.random.choice(OUTPUTS))

    def region(self):
        self.option("--region", self.random.choice(REGIONS))

    def profile(self):
        self.config()
        self.option("--profile", self.random.choice(["other", "default", "none", ""]))

    def timeout(self):
        self.option(self.random.choice(["--cli-read-timeout", "--cli-connect-timeout"]), self.random.choice(TIMEOUTS))

    def bad_endpoint(self):
        self.option("--endpoint-url", self.random.choice(ENDPOINTS))

    def flag(self):
        self.option(self.random.choice(
            ["--no-sign-request", "--no-verify-ssl", "--no-paginate", "--v2-debug", "--no-cli-pager", "--no-cli-auto-prompt",
             "--no-such-option", "-h", "extra", "--", "--paginate", "--sign-request", "--verify-ssl"]))

    def color(self):
        self.option("--color", self.random.choice(["on", "off", "auto", "bad", ""]))

    def variable(self):
        name = self.random.choice(sorted(VARIABLES))
        self.environment[name] = self.random.choice(VARIABLES[name])

    def config(self):
        lines = []
        for profile in ["default", "profile other"]:
            names = self.random.sample(sorted(SETTINGS), k=self.random.choice([0, 1, 2]))
            lines += [f"[{profile}]"] + [f"{name} = {self.random.choice(SETTINGS[name])}" for name in names]
        lines += ["[services s]", "connect =", "  endpoint_url = {endpoint}"]
        self.files[".aws/config"] = "\n".join(lines) + "\n"

    def missing_value(self):
        self.arguments.append([self.random.choice(sorted(ABBREVIATIONS))])

    EXTRAS = [
        input, input, skeleton, query, query, output, region, profile, timeout, bad_endpoint, flag, color, variable, variable,
        variable, config, config, missing_value]


# By name, whether a case has an intended difference of that kind: docs/aws-cli.md gives the reason of each.
INTENDED = {}


def intended(name):
    def register(decide):
        INTENDED[name] = decide
        return decide
    return register


@intended("addresses")
def _(case, theirs, ours):
    return "Unable to retrieve http" in theirs["error"] and "values are not fetched from addresses" in ours["error"]


@intended("v2-debug")
def _(case, theirs, ours):
    return "--v2-debug" in case.arguments


@intended("broken-file")
def _(case, theirs, ours):
    return case.environment.get("AWS_CONFIG_FILE") == "{home}/broken"


@intended("endpoint")
def _(case, theirs, ours):
    given = [argument.split("=", 1)[-1] if argument.startswith("--e") else argument for argument in case.arguments]
    return any(address in given for address in ENDPOINTS) and (
        theirs["error"] == "Invalid IPv6 URL" or ours["error"].startswith(
            ("Invalid endpoint: ", "Bad value for --endpoint-url", "Could not connect to the endpoint URL")))


@intended("empty-region")
def _(case, theirs, ours):
    return case.environment.get("AWS_DEFAULT_REGION") == "" and ours["error"].startswith("You must specify a region.")


@intended("partial-credentials")
def _(case, theirs, ours):
    return theirs["error"].startswith("Partial credentials found in ") and theirs["status"] == ours["status"]


@intended("endless-time-out")
def _(case, theirs, ours):
    return theirs["error"].endswith("timestamp too large to convert to C _PyTime_t")


@intended("parameter-validation")
def _(case, theirs, ours):
    config = case.files.get(".aws/config", "")
    return "parameter_validation = false" in config and "Parameter validation failed" in ours["error"]


def preload(port):
    """Reads the models before the first fork: the AWS CLI takes longer to load than to run."""
    load, list_services = botocore.loaders.JSONFileLoader.load_file, botocore.loaders.Loader.list_available_services
    load_once = functools.cache(lambda path: load(botocore.loaders.JSONFileLoader(), path))
    list_once = functools.cache(lambda kind: list_services(botocore.loaders.create_loader(), kind))
    botocore.loaders.JSONFileLoader.load_file = lambda _, path: load_once(path)
    botocore.loaders.Loader.list_available_services = lambda _, type_name: list_once(type_name)
    os.environ.update(
        AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE="/dev/null")
    with contextlib.redirect_stdout(io.StringIO()):
        for arguments in (["--generate-cli-skeleton", "output"], ["--endpoint-url", f"http://127.0.0.1:{port}/0"]):
            driver = awscli.clidriver.create_clidriver()
            driver.main(["connect", "get-federation-token", "--instance-id", "demo"] + arguments)


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers /NUMBER/… with that one of ANSWERS."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = self.path.split("/")[1]
        status, error_type, body = ANSWERS[int(number)] if number.isdigit() else (404, None, "{}")
        body = body.encode()
        self.send_response(status)
        if error_type is not None:
            self.send_header("x-amzn-ErrorType", error_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that is gone is no error here."""


def serve():
    """Starts a process that answers; returns its id and port."""
    server = Server(("127.0.0.1", 0), Answers)
    process = os.fork()
    if process == 0:
        server.serve_forever()
    server.server_close()
    return process, server.server_port


def run(case, binary, port):
    """Returns what the AWS CLI and what ours did: status, output, last line of errors."""
    with tempfile.TemporaryDirectory() as home:
        places = {"{endpoint}": f"http://127.0.0.1:{port}/{case.answer}", "{home}": home}

        def filled(text):
            for name, value in places.items():
                text = text.replace(name, value)
            return text

        def emptied(text):
            for name, value in places.items():
                text = text.replace(value, name)
            return text

        for name, content in case.files.items():
            os.makedirs(os.path.dirname(f"{home}/{name}"), exist_ok=True)
            with open(f"{home}/{name}", "wb") as file:
                file.write(content if isinstance(content, bytes) else filled(content).encode())
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": home, "AWS_ACCESS_KEY_ID": "AKIDORACLE0000000001", "LC_ALL": "C.UTF-8",
            "AWS_SECRET_ACCESS_KEY": "oracle-secret-key", "AWS_DEFAULT_REGION": "us-east-1", "TZ": "UTC",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", **case.environment}
        environment = {name: filled(value) for name, value in environment.items() if value is not None}
        arguments = [filled(argument) for argument in case.arguments]
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error:
            status = run_in_child(arguments, environment, output, error)
            output.seek(0)
            error.seek(0)
            theirs = outcome(status, output.read(), error.read(), emptied)
        ours = subprocess.run(
            [binary, "get-federation-token"] + arguments, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            check=False)
        return theirs, outcome(ours.returncode, ours.stdout, ours.stderr, emptied)


def outcome(status, output, error, emptied):
    return {
        "status": status, "output": emptied(output.decode(errors="replace")),
        "error": emptied(error.decode(errors="replace")).strip("\n")}


def compare(numbers, seed, binary, port, report):
    """Writes a line for each case that differs."""
    for number in numbers:
        case = Case(seed, number)
        theirs, ours = run(case, binary, port)
        if theirs == ours:
            continue
        name = next((name for name, decide in INTENDED.items() if decide(case, theirs, ours)), None)
        report.write(json.dumps(
            {"number": number, "intended": name, "arguments": case.arguments, "environment": case.environment,
             "config": case.files.get(".aws/config"), "answer": ANSWERS[case.answer] if case.answer else None,
             "theirs": theirs, "ours": ours}) + "\n")
    report.flush()


def in_processes(numbers, work):
    """Shares the numbers among as many processes as there are processors; returns what they wrote."""
    count = os.cpu_count() or 1
    reports = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(count)]
    children = []
    for index, report in enumerate(reports):
        child = os.fork()
        if child == 0:
            try:
                work(numbers[index::count], report)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    for child in children:
        if os.waitpid(child, 0)[1] != 0:
            sys.exit("a process ended early")
    lines = []
    for report in reports:
        report.seek(0)
        lines += report.read().splitlines()
    return sorted((json.loads(line) for line in lines), key=lambda line: line["number"])


def main():
    binary, count = sys.argv[1], int(sys.argv[2])
    seed, first = (sys.argv[3:] + ["1", "0"][len(sys.argv) - 3:])[:2]
    server, port = serve()
    try:
        preload(port)
        numbers = range(int(first), int(first) + count)
        lines = in_processes(numbers, lambda numbers, report: compare(numbers, seed, binary, port, report))
    finally:
        os.kill(server, signal.SIGKILL)
    others = [line for line in lines if not line["intended"]]
    for line in others:
        print(json.dumps(line))
    found = {name: sum(line["intended"] == name for line in lines) for name in INTENDED}
    print(json.dumps({"compared": count, "intended": found, "others": len(others)}))
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
