"""Resolves credentials and region with botocore.

Reads JSON lines {"name", "config", "credentials", "environment", "profile"} from profiles.jsonl (the two files' texts, null
for none; the profile as a flag names it) and prints each with "found" or "error" as botocore has it: the same file,
while we agree.
"""

import json
import os
import sys
import tempfile

import botocore.exceptions
import botocore.session


def resolve(case, directory):
    os.environ.clear()
    os.environ.update(HOME=directory, AWS_EC2_METADATA_DISABLED="true", **case["environment"])
    os.makedirs(f"{directory}/.aws")
    for name in ("config", "credentials"):
        if case[name] is not None:
            with open(f"{directory}/.aws/{name}", "w", encoding="utf-8", newline="") as file:
                file.write(case[name])
    session = botocore.session.Session(profile=case["profile"])
    try:
        session.get_scoped_config()
        region = session.get_config_variable("region")
        credentials = session.get_credentials()
    except botocore.exceptions.BotoCoreError as error:
        return {"error": type(error).__name__}
    if credentials is None:
        return {"error": "NoCredentialsError"}
    return {
        "found": {
            "accessKeyID": credentials.access_key,
            "secretAccessKey": credentials.secret_key,
            "sessionToken": credentials.token,
            "region": region,
        }
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            case = {key: case[key] for key in ("name", "config", "credentials", "environment", "profile")}
            with tempfile.TemporaryDirectory() as directory:
                print(json.dumps({**case, **resolve(case, directory)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
