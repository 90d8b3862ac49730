"""Uses the client that openapi-python-client makes of /openapi.json against a daemon.

Arguments: the folder of the generated package, the daemon's origin. The token is on standard input.
"""

import sys

sys.path.insert(0, sys.argv[1])

from fedbroker_client import AuthenticatedClient, Client
from fedbroker_client import models
from fedbroker_client.api.default import (
    forget_token,
    get_configuration,
    get_token,
    get_token_field,
    health,
    list_instances,
    refresh_token,
)

client = AuthenticatedClient(base_url=sys.argv[2], token=sys.stdin.read().strip(), raise_on_unexpected_status=True)
stranger = Client(base_url=sys.argv[2])

token = get_token.sync("demo", client=client, min_ttl=1)
assert isinstance(token, models.Token), token
assert token.credentials.access_token and token.credentials.access_token_expiration.year >= 2026, token

for name in models.TokenFieldName:
    field = get_token_field.sync("demo", name, client=client)
    assert isinstance(field, str) and field, (name, field)
assert get_token_field.sync("demo", models.TokenFieldName.USERARN, client=client) == token.user_arn

detailed = get_token.sync_detailed("demo", client=client)
known = get_token.sync_detailed("demo", client=client, if_none_match=detailed.headers["ETag"], prefer="wait=1")
assert known.status_code == 304, known

fresh = refresh_token.sync("demo", client=client)
assert isinstance(fresh, models.Token) and fresh.credentials.access_token != token.credentials.access_token, fresh

state = list_instances.sync(client=client)
assert [instance.state.value for instance in state.instances] == ["live"], state

configuration = get_configuration.sync(client=client)
assert {"listen", "cache.max_entries"} <= {setting.key for setting in configuration.settings}, configuration

assert forget_token.sync_detailed("demo", client=client).status_code == 204
refused = get_token.sync("demo", client=stranger)
assert isinstance(refused, models.Problem) and refused.code == "Unauthorized", refused
missing = get_token.sync("a" * 101, client=client)
assert isinstance(missing, models.Problem) and missing.status == 400, missing
assert health.sync(client=stranger).status == "ok"
print("every operation did what it says")
