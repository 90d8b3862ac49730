"""Resolves credentials that cost a call with botocore, and shows the calls of STS it makes.

Reads JSON lines {"name", "config", "credentials", "environment", "profile", "files", "sts"} from sources.jsonl ({dir} in
texts is a directory that has "files" in it; "sts" is the code with which STS refuses, null for none) and prints each with
"found" or "error", and "calls", as botocore has it: the same file, while we agree. In "calls" a session name that
botocore made up is "default". Rows with "differs" say why we differ, and "ours" what we do; they are printed as they are.
"""

import json
import os
import sys
import tempfile
import urllib.parse

import botocore.awsrequest
import botocore.session

ANSWER = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></{0}Result></{0}Response>"""
REFUSAL = """<ErrorResponse><Error><Type>Sender</Type><Code>{0}</Code><Message>no</Message></Error></ErrorResponse>"""


class Raw:
    def __init__(self, text):
        self.text = text.encode()

    def stream(self, **_):
        yield self.text

    def read(self, *_):
        return self.text


def service(calls, refusal):
    def answer(request, **_):
        form = dict(urllib.parse.parse_qsl(request.body if isinstance(request.body, str) else request.body.decode()))
        form.pop("Version")
        if form.get("RoleSessionName", "").startswith("botocore-session-"):
            form["RoleSessionName"] = "default"
        authorization = request.headers.get("Authorization") or b""
        if isinstance(authorization, bytes):
            authorization = authorization.decode()
        signer = authorization.split("Credential=")[1].split("/")[0] if "Credential=" in authorization else None
        region = authorization.split("/")[2] if signer else None
        calls.append({"url": request.url, "signer": signer, "region": region, "form": dict(sorted(form.items()))})
        text = REFUSAL.format(refusal) if refusal else ANSWER.format(form["Action"], f"STS{len(calls)}")
        return botocore.awsrequest.AWSResponse(request.url, 400 if refusal else 200, {}, Raw(text))

    return answer


def resolve(case, directory):
    def placed(text):
        return text if text is None else text.replace("{dir}", directory)

    os.environ.clear()
    os.environ.update(PATH="/usr/bin:/bin", HOME=directory, AWS_EC2_METADATA_DISABLED="true")
    os.environ.update({name: placed(value) for name, value in case["environment"].items()})
    os.makedirs(f"{directory}/.aws")
    for path, text in case["files"].items():
        with open(f"{directory}/{path}", "w", encoding="utf-8", newline="") as file:
            file.write(placed(text))
    for name in ("config", "credentials"):
        if case[name] is not None:
            with open(f"{directory}/.aws/{name}", "w", encoding="utf-8", newline="") as file:
                file.write(placed(case[name]))
    calls = []
    session = botocore.session.Session(profile=case["profile"])
    session.register("before-send.sts.*", service(calls, case["sts"]))
    try:
        credentials = session.get_credentials()
        found = credentials.get_frozen_credentials() if credentials else None
    except Exception as error:
        return {"error": type(error).__name__, "calls": calls}
    if found is None:
        return {"error": "NoCredentialsError", "calls": calls}
    return {"found": {"accessKeyID": found.access_key, "sessionToken": found.token}, "calls": calls}


def main():
    names = ("name", "config", "credentials", "environment", "profile", "files", "sts")
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            if "differs" in case:
                print(json.dumps(case, ensure_ascii=False))
                continue
            case = {name: case[name] for name in names}
            with tempfile.TemporaryDirectory() as directory:
                print(json.dumps({**case, **resolve(case, directory)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
