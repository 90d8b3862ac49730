"""Prints what the AWS CLI's own formatters print for a table of values, as JSON lines.

output.jsonl is this output. Each line has the value as JSON text, the query if any, the format, the colour setting, the
columns of the terminal if there is one, what is printed, and the message of the error that ends it, if any.
"""

import io
import json
import os
import sys
import time
import types
from unittest import mock

import colorama.initialise
import jmespath

TOKEN = (
    '{"Credentials":{"AccessToken":"AT-1","AccessTokenExpiration":1732464000.0,"RefreshToken":"RT-1",'
    '"RefreshTokenExpiration":1.73250E9},"SignInUrl":"https://example.my.connect.aws/auth/sign-in",'
    '"UserArn":"arn:aws:connect:eu-central-1:123456789012:instance/i-1/agent/u-1","UserId":"u-1"}'
)
LONG = '{"Credentials":{"AccessToken":"%s","AccessTokenExpiration":1732464000},"SignInUrl":"%s"}' % ("t" * 120, "u" * 60)
UNICODE = '{"UserId":"漢字 é e\\u0301 🙂 ½ α","名前":"Zoë\\u0007","Credentials":{"Größe":"ａｂｃ","ﬁ":null}}'
ESCAPES = '{"a":"tab\\tnew\\nline \\"quoted\\" back\\\\slash \\u001b[0m\\u007f\\u2028","b\\n":true}'
NUMBERS = '{"a":1,"b":1.0,"c":-0,"d":-0.0,"e":1e3,"f":1E-7,"g":12345678901234567890,"h":1e400,"i":123456789.123456789}'
VALUES = {
    "{}": [None, "@", "a", "[]", "length(@)"],
    '{"UserId":"u"}': [None, "Credentials", "UserId", "[UserId]", "[[UserId]]", "''", "`0`", "`false`", "`true`", "`[]`"],
    '{"Credentials":{}}': [None, "Credentials"],
    '{"Credentials":{"AccessToken":null},"UserId":null}': [None, "Credentials.AccessToken", "[UserId]", "*"],
    TOKEN: [
        None,
        "Credentials",
        "Credentials.AccessToken",
        "Credentials.AccessTokenExpiration",
        "[UserId, SignInUrl]",
        "[[UserId, SignInUrl], [UserArn, Credentials.AccessToken]]",
        "[[UserId, [SignInUrl]], UserArn]",
        "[UserId, [SignInUrl, UserArn]]",
        "[UserId, Credentials]",
        "[Credentials, Credentials]",
        "[Credentials, UserId]",
        "[Credentials, missing]",
        "[Credentials, ``]",
        "[Credentials, `1.5`]",
        "[Credentials, `[]`]",
        "[Credentials, [UserId]]",
        "[[Credentials], [Credentials]]",
        "[UserId, [Credentials, Credentials]]",
        "[[UserId], [UserId, UserArn]]",
        "[missing, UserId]",
        "[[], UserId]",
        "{id: UserId, list: [UserId, UserArn]}",
        "{id: UserId, lists: [[UserId], [UserArn]]}",
        "{objects: [{a: UserId, b: {c: UserArn}}, {a: UserArn, d: [UserId]}]}",
        "{objects: [{b: {c: UserArn}}, {d: [UserId]}], \"\": {x: UserId}}",
        "[{a: UserId}, {a: Credentials}]",
        "[[{a: {b: UserId}}, {a: {b: UserArn}}]]",
        "[[{a: UserId}], [{a: UserId, b: UserId}]]",
        "{b: UserId, a: SignInUrl}",
        "{one: {two: {three: {four: UserId, list: [UserId, missing]}}}}",
        "*",
        "Credentials.*",
        "keys(@)",
        "values(@)",
        "missing",
        "length(SignInUrl)",
        "Credentials.AccessTokenExpiration > `1`",
        "to_string(@)",
    ],
    LONG: [None, "Credentials"],
    UNICODE: [None, "Credentials", "UserId", "keys(@)"],
    ESCAPES: [None, "a"],
    NUMBERS: [None, "[h]", "avg([a, b])", "values(@)"],
}
# Each value in each form, but only some with colours and on terminals.
STYLES = [("json", "off", None), ("text", "off", None), ("table", "off", None)]
COLORED = [
    (TOKEN, None), (TOKEN, "[UserId, Credentials]"), (TOKEN, "{one: {two: {three: UserId}}}"), (TOKEN, "missing"),
    (TOKEN, "[Credentials, UserId]"), (UNICODE, None), ("{}", None),
]  # fmt: skip
TERMINALS = [
    ("table", "on", None), ("table", "on", 200), ("table", "auto", 0), ("table", "auto", 40), ("table", "off", 200),
    ("table", "auto", None), ("text", "on", 80), ("json", "on", 80),
]  # fmt: skip


class Stream(io.TextIOWrapper):
    """Standard output, a terminal if it has columns."""

    def __init__(self, columns):
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True, newline="")
        self.columns = columns

    def isatty(self):
        return self.columns is not None


def render(value, query, style, color, columns):
    stream = Stream(columns)
    arguments = types.SimpleNamespace(query=query and jmespath.compile(query), color=color)
    row = {"value": value, "query": query, "format": style, "color": color, "columns": columns}
    colorama.initialise.orig_stdout = None
    with mock.patch("sys.stdout", stream), mock.patch("sys.stderr", io.StringIO()):
        with mock.patch("awscli.table.is_a_tty", stream.isatty):
            with mock.patch("awscli.table.determine_terminal_width", lambda: 80 if columns is None else columns):
                try:
                    formatter.get_formatter(style, arguments)("GetFederationToken", json.loads(value))
                except Exception as error:
                    row["error"] = str(error)
    if colorama.initialise.orig_stdout is not None:
        colorama.initialise.reset_all()  # What colorama has registered to run at the end of the process.
    return {**row, "output": stream.buffer.getvalue().decode()}


def isoformat(value, seconds_east):
    hours, minutes = divmod(abs(seconds_east) // 60, 60)
    os.environ["TZ"] = f"XXX{'-' if seconds_east >= 0 else '+'}{hours}:{minutes:02d}"  # POSIX counts westward.
    time.tzset()
    row = {"time": value, "secondsEast": seconds_east}
    try:
        return {**row, "output": scalarparse.iso_format(json.loads(value))}
    except Exception as error:
        return {**row, "error": str(error)}


TIMES = [
    "1732464000", "1732464000.0", "1732464000.123", "1732464000.1234565", "1.7E9", "0", "-1", "-0.5", "1e12", "1e20",
    "1e400", "-63000000000", "4102444800", "951782400.000001", "1732463999.9999999", '"1732464000"', '"1732464000.5"',
    '"2026-11-24T16:00:00Z"', '"2026-11-24 16:00:00.5+01:00"', '"2026-11-24T16:00:00"', '"abc"',
]  # fmt: skip


def main():
    cases = [(value, query, *style) for value, queries in VALUES.items() for query in queries for style in STYLES]
    cases += [(*case, *terminal) for case in COLORED for terminal in TERMINALS]
    for case in cases:
        print(json.dumps(render(*case)))
    for value in TIMES:
        for seconds_east in (0, 19800, -12600):
            print(json.dumps(isoformat(value, seconds_east)))


if __name__ == "__main__":
    from awscli import formatter
    from awscli.customizations import scalarparse

    main()
