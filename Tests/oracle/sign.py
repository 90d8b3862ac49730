"""Signs GetFederationToken requests with botocore.

Reads JSON lines {"id", "region", "date", "token"} from signatures.jsonl (token may be null; date is epoch seconds) and
prints each with botocore's URL path and Authorization header: the same file, while we agree.
"""

import datetime
import json
import sys
from unittest import mock

import botocore.session

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def sign(case):
    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, case["token"])
    client = session.create_client("connect", region_name=case["region"])
    sent = []

    def stop(request, **_):
        sent.append(request)
        raise StopIteration

    client.meta.events.register("before-send.connect", stop)
    now = datetime.datetime.fromtimestamp(case["date"], datetime.timezone.utc)
    with mock.patch("botocore.auth.get_current_datetime", lambda: now):
        try:
            client.get_federation_token(InstanceId=case["id"])
        except StopIteration:
            pass
    request = sent[0]
    path = request.url.split("/", 3)[3]
    authorization = request.headers["Authorization"]
    if isinstance(authorization, bytes):
        authorization = authorization.decode()
    return {**case, "path": "/" + path, "authorization": authorization}


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            print(json.dumps(sign(json.loads(line)), ensure_ascii=False))


if __name__ == "__main__":
    main()
