#!/usr/bin/env python3
"""A stand-in for AWS in the machine's network: AssumeRole and GetCallerIdentity of STS, and Connect's GetFederationToken.

Usage: aws.py PORT. Signatures are not verified: other tests do that.
"""

import http.server
import json
import re
import sys
import time
import urllib.parse

ACCOUNT = "123456789012"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = form["Action"][0]
        if action == "AssumeRole":
            # The key id carries the session name to the call of Connect.
            name = form["RoleSessionName"][0]
            expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            result = (f"<Credentials><AccessKeyId>ASIA{name.encode().hex().upper()}</AccessKeyId>"
                      "<SecretAccessKey>canary-secret-of-sts</SecretAccessKey>"
                      "<SessionToken>canary-session-token</SessionToken>"
                      f"<Expiration>{expiration}</Expiration></Credentials>")
        else:
            result = (f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/broker</Arn>"
                      "<UserId>AIDABROKER</UserId>")
        self.answer("text/xml", f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
                    f"{result}</{action}Result></{action}Response>")

    def do_GET(self):
        instance = urllib.parse.unquote(self.path.removeprefix("/user/federate/"))
        key = re.search("Credential=([^/]+)/", self.headers["Authorization"])[1]
        name = bytes.fromhex(key.removeprefix("ASIA")).decode() if key.startswith("ASIA") else "broker"
        now = time.time()
        self.answer("application/json", json.dumps({
            "Credentials": {
                "AccessToken": f"canary-access-token-{now}", "AccessTokenExpiration": now + 900,
                "RefreshToken": "canary-refresh-token", "RefreshTokenExpiration": now + 36000},
            "SignInUrl": "https://connect.example.com/auth/sign-in?canary", "UserId": name,
            "UserArn": f"arn:aws:connect:us-west-2:{ACCOUNT}:instance/{instance.split('/')[-1]}/agent/{name}"}))

    def answer(self, content_type, text):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
