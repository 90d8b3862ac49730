"""Prints botocore's endpoint of Amazon Connect as JSON lines, for each region that it knows and some it does not.

endpoints.jsonl is this output.
"""

import itertools
import json

import botocore.loaders
from botocore.endpoint_provider import EndpointProvider

UNKNOWN = ["us-east-99", "xx-moon-1", "cn-moon-7", "us-gov-central-2", "us-isob-middle-9", "us-iso-1", "mars", "eusc-fr-x-1"]


def main():
    loader = botocore.loaders.create_loader()
    partitions = loader.load_data("partitions")
    rules = loader.load_service_model("connect", "endpoint-rule-set-1")
    provider = EndpointProvider(rules, partitions)
    regions = [region for partition in partitions["partitions"] for region in partition["regions"]]
    for region, fips, dual_stack in itertools.product(regions + UNKNOWN, (False, True), (False, True)):
        endpoint = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack)
        print(json.dumps({"region": region, "fips": fips, "dualStack": dual_stack, "url": endpoint.url}))


if __name__ == "__main__":
    main()
