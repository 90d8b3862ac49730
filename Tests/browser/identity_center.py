"""A stand-in for IAM Identity Center: its OIDC service, the page where a person signs in, and its portal."""

import base64
import hashlib
import html
import json
import pathlib
import time
import urllib.parse

import deployment

CONFIG = """
[profile sales]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Agent
region = us-west-2

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile older]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Agent
region = us-west-2
"""

CODE = "code-of-the-browser"
DEVICE_CODE = "device-code"
USER_CODE = "ABCD-EFGH"


class IdentityCenter(deployment.Server):
    def __init__(self):
        # Method, path and JSON of each request of a program; what a browser asked is apart.
        self.requests = []
        self.visits = []
        # How often a device is told that the person has not entered the code yet.
        self.pending = 0
        self.tokens = 0
        self.signed_out = []
        center = self

        class CenterHandler(deployment.Handler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                parameters = dict(urllib.parse.parse_qsl(query))
                if path == "/federation/credentials":
                    token = self.headers["x-amz-sso_bearer_token"]
                    if token in center.signed_out:
                        return self.fail(401, "UnauthorizedException")
                    return self.answer(200, "application/json", json.dumps({"roleCredentials": {
                        "accessKeyId": f"ASIA{token.upper()}", "secretAccessKey": "secret", "sessionToken": "session",
                        "expiration": int(time.time() + 3600) * 1000}}))
                if path != "/authorize":
                    return self.answer(404, "text/plain", "")
                center.visits.append(parameters)
                allowed = urllib.parse.urlencode({"code": CODE, "state": parameters["state"]})
                denied = urllib.parse.urlencode({"error": "access_denied", "state": parameters["state"]})
                link = lambda name, query: f'<a id="{name}" href="{html.escape(parameters["redirect_uri"])}?{html.escape(query)}">{name}</a>'
                self.answer(
                    200, "text/html", f'<!doctype html><title>AWS</title><main>{link("allow", allowed)} {link("deny", denied)}</main>')

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                if self.path == "/logout":
                    center.signed_out.append(self.headers["x-amz-sso_bearer_token"])
                    return self.answer(200, "application/json", "")
                request = json.loads(body)
                center.requests.append((self.path, request))
                if self.path == "/client/register":
                    return self.answer(200, "application/json", json.dumps({
                        "clientId": "client", "clientSecret": "client-secret", "clientIdIssuedAt": int(time.time()),
                        "clientSecretExpiresAt": int(time.time()) + 90 * 86400}))
                if self.path == "/device_authorization":
                    return self.answer(200, "application/json", json.dumps({
                        "deviceCode": DEVICE_CODE, "userCode": USER_CODE, "expiresIn": 600, "interval": 1,
                        "verificationUri": f"{center.origin}/device",
                        "verificationUriComplete": f"{center.origin}/device?user_code={USER_CODE}"}))
                if "deviceCode" in request and center.pending > 0:
                    center.pending -= 1
                    return self.fail(400, "AuthorizationPendingException")
                if "codeVerifier" in request:
                    challenge = hashlib.sha256(request["codeVerifier"].encode()).digest()
                    asked = center.visits[-1]
                    if (request["code"] != CODE or request["redirectUri"] != asked["redirect_uri"]
                            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]):
                        return self.fail(400, "InvalidGrantException")
                center.tokens += 1
                self.answer(200, "application/json", json.dumps({
                    "accessToken": f"token{center.tokens}", "expiresIn": 28800, "refreshToken": "refresh", "tokenType": "Bearer"}))

            def fail(self, status, code):
                self.send_response(status)
                self.send_header("x-amzn-ErrorType", code)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(CenterHandler)

    def environment(self, home):
        """What points a program of ours, of whom that is the home, here."""
        return {
            "HOME": str(home), "AWS_PROFILE": "sales", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_SSO_OIDC": self.origin, "AWS_ENDPOINT_URL_SSO": self.origin,
        }

    def make_home(self, home):
        """Writes the AWS CLI's configuration; its version 2.9 knows no variable for an endpoint, but a model of one."""
        models = pathlib.Path(home) / ".aws" / "models"
        parameter = lambda name, kind, **more: {"builtIn": name, "type": kind, "documentation": "", "required": False, **more}
        rules = {
            "version": "1.0",
            "parameters": {
                "Region": parameter("AWS::Region", "String"), "Endpoint": parameter("SDK::Endpoint", "String"),
                "UseDualStack": parameter("AWS::UseDualStack", "Boolean", required=True, default=False),
                "UseFIPS": parameter("AWS::UseFIPS", "Boolean", required=True, default=False),
            },
            "rules": [{"conditions": [], "type": "endpoint", "endpoint": {"url": self.origin, "properties": {}, "headers": {}}}],
        }
        for service in ["sso-oidc", "sso"]:
            folder = models / service / "2019-06-10"
            folder.mkdir(parents=True)
            (folder / "endpoint-rule-set-1.json").write_text(json.dumps(rules))
        (models.parent / "config").write_text(CONFIG)
