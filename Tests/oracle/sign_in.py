"""Runs botocore's own sources of credentials without a network.

Reads JSON lines from sign_in.jsonl, each with the "kind" of case and its input, and prints each with what botocore made
of it: the same file, while we agree.
"""

import base64
import datetime
import json
import os
import sys
import tempfile
from unittest import mock

import botocore.credentials
import botocore.endpoint_provider
import botocore.exceptions
import botocore.session
import botocore.tokens
import botocore.utils


def clock(milliseconds):
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)


class Key:
    """Stands for awscrt's key: the public half is in the case, and signatures are checked elsewhere."""

    def __init__(self, case):
        self.coordinates = [bytes.fromhex(case[name]) for name in ("x", "y")]

    def get_public_coords(self):
        return self.coordinates

    def sign(self, digest):
        return b""


class Curve:
    @staticmethod
    def decode_der_signature_to_padded_pair(signature, pad_to):
        return b""


def dpop_proof(case, home):
    """The header and claims of the proof, as they are signed."""
    with mock.patch("botocore.credentials.EC", Curve):
        proof = botocore.credentials._build_dpop_header(
            Key(case), case["url"], uid=case["identifier"], ts=case["issuedAt"]
        )
    return {"input": proof.rsplit(".", 1)[0]}


def files(home):
    found = {}
    for directory, _, names in os.walk(f"{home}/.aws"):
        for name in names:
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if name.endswith(".json"):
                found[os.path.relpath(path, home)] = json.loads(text)
    return found


class ScriptedClient:
    """Answers each operation from the case, and keeps what it was asked."""

    class exceptions:
        class AccessDeniedException(Exception):
            pass

        class UnauthorizedException(Exception):
            pass

    def __init__(self, case, calls):
        self.case = case
        self.calls = calls
        self.meta = mock.Mock()

    def create_token(self, **arguments):
        self.calls.append(arguments)
        return self.case["answer"]

    def create_o_auth2_token(self, **arguments):
        self.calls.append(arguments["tokenInput"])
        return {"tokenOutput": self.case["answer"]}


def identity_center_renewal(case, home):
    """The file of the token before, and after botocore renewed it."""
    with open(f"{home}/.aws/config", "w", encoding="utf-8") as file:
        file.write(case["config"])
    session = botocore.session.Session(profile="p")
    cache = botocore.utils.JSONFileCache(f"{home}/.aws/sso/cache", dumps_func=botocore.tokens._sso_json_dumps)
    settings = session.full_config["sso_sessions"]
    name = session.full_config["profiles"]["p"]["sso_session"]
    botocore.utils.SSOTokenLoader(cache).save_token(settings[name]["sso_start_url"], case["cached"], session_name=name)
    calls = []
    with mock.patch("botocore.tokens.create_nested_client", lambda *_, **__: ScriptedClient(case, calls)):
        provider = botocore.tokens.SSOTokenProvider(
            session, cache=cache, time_fetcher=lambda: clock(case["now"]), profile_name="p"
        )
        try:
            token = provider.load_token().get_frozen_token().token
        except botocore.exceptions.TokenRetrievalError:
            token = None
    return {"token": token, "requests": calls, "files": files(home)}


def identity_center_profile(case, home):
    """What a profile asks of Identity Center."""
    with open(f"{home}/.aws/config", "w", encoding="utf-8") as file:
        file.write(case["config"])
    session = botocore.session.Session(profile="p")
    provider = botocore.credentials.SSOProvider(lambda: session.full_config, None, "p")
    try:
        found = provider._load_sso_config()
    except botocore.exceptions.BotoCoreError as error:
        return {"error": type(error).__name__}
    return {"found": found}


def login_renewal(case, home):
    """The file of the session before, and after botocore renewed it."""
    cache = botocore.utils.JSONFileCache(f"{home}/.aws/login/cache")
    loader = botocore.utils.LoginTokenLoader(cache)
    loader.save_token(case["session"], case["cached"])
    calls = []
    fetcher = botocore.credentials.LoginCredentialFetcher(
        case["session"], loader, lambda *_, **__: ScriptedClient(case, calls), time_fetcher=lambda: clock(case["now"])
    )
    with mock.patch.object(fetcher, "_load_private_key", lambda token: None):
        try:
            fetcher.load_cached_credentials()
            key = fetcher.refresh_credentials()["access_key"]
        except botocore.exceptions.BotoCoreError as error:
            return {"error": type(error).__name__, "requests": calls, "files": files(home)}
    return {"accessKeyID": key, "requests": calls, "files": files(home)}


def container_url(case, home):
    """Whether credentials are asked of an address."""
    try:
        botocore.utils.ContainerMetadataFetcher(session=mock.Mock())._validate_allowed_url(case["url"])
    except ValueError:
        return {"isAllowed": False}
    return {"isAllowed": True}


def metadata_settings(case, home):
    """Where and how instance metadata is asked."""
    os.environ.update(case["environment"])
    with open(f"{home}/.aws/config", "w", encoding="utf-8") as file:
        file.write(case["config"])
    session = botocore.session.Session()
    try:
        resolver = botocore.credentials.create_credential_resolver(session)
    except (botocore.exceptions.BotoCoreError, ValueError):
        return {"error": True}
    fetcher = resolver.get_provider("iam-role")._role_fetcher
    if fetcher._disabled:
        return {"found": None}
    return {
        "found": {
            "url": fetcher._construct_url("latest/api/token"),
            "timeout": fetcher._timeout,
            "attempts": fetcher._num_attempts,
        }
    }


def metadata_expiration(case, home):
    """Until when credentials of instance metadata are used; the chance is the smallest and the largest."""
    fetcher = botocore.utils.InstanceMetadataFetcher(
        config={"ec2_credential_refresh_window": botocore.credentials._DEFAULT_ADVISORY_REFRESH_TIMEOUT}
    )
    text = clock(case["expiration"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = []
    for chance in (120, 600):
        credentials = {"expiry_time": text}
        with (
            mock.patch("botocore.utils.get_current_datetime", lambda: clock(case["now"]).replace(tzinfo=None)),
            mock.patch("random.randint", lambda *_: chance),
        ):
            fetcher._evaluate_expiration(credentials)
        moment = datetime.datetime.strptime(credentials["expiry_time"], "%Y-%m-%dT%H:%M:%SZ")
        until.append(int(moment.replace(tzinfo=datetime.timezone.utc).timestamp()) * 1000)
    return {"until": until}


def endpoint(case, home):
    """Where a service is, by its rules."""
    loader = botocore.session.Session().get_component("data_loader")
    rules = loader.load_service_model(case["service"], "endpoint-rule-set-1")
    provider = botocore.endpoint_provider.EndpointProvider(rules, loader.load_data("partitions"))
    found = provider.resolve_endpoint(
        Region=case["region"], UseFIPS=case["fips"], UseDualStack=case["dualStack"]
    )
    return {"url": found.url}


def configured_endpoint(case, home):
    """Where the three services are asked."""
    os.environ.update(case["environment"])
    with open(f"{home}/.aws/config", "w", encoding="utf-8") as file:
        file.write(case["config"])
    urls = {}
    for service in ("sso", "sso-oidc", "signin"):
        try:
            client = botocore.session.Session().create_client(service)
        except botocore.exceptions.BotoCoreError as error:
            return {"error": type(error).__name__}
        sent = []

        def stop(request, **_):
            sent.append(request.url)
            raise StopIteration

        client.meta.events.register("before-send", stop)
        try:
            if service == "sso":
                client.get_role_credentials(roleName="r", accountId="1", accessToken="t")
            elif service == "sso-oidc":
                client.create_token(clientId="c", clientSecret="s", grantType="refresh_token")
            else:
                client.create_o_auth2_token(tokenInput={"clientId": "c", "grantType": "refresh_token"})
        except StopIteration:
            pass
        urls[service] = sent[0]
    return {"urls": urls}


KINDS = (
    dpop_proof,
    endpoint,
    configured_endpoint,
    identity_center_profile,
    identity_center_renewal,
    login_renewal,
    container_url,
    metadata_settings,
    metadata_expiration,
)

for line in open(sys.argv[1], encoding="utf-8"):
    case = json.loads(line)
    with tempfile.TemporaryDirectory() as home:
        os.environ.clear()
        os.environ.update(HOME=home)
        os.makedirs(f"{home}/.aws")
        run = next(kind for kind in KINDS if kind.__name__ == case["kind"])
        print(json.dumps({**case, "botocore": run(case, home)}, ensure_ascii=False))
