"""Says which addresses botocore connects to directly, by NO_PROXY (botocore.utils.should_bypass_proxies).

Reads JSON lines {"list", "url"} from no_proxy.jsonl, or from the file given, and prints each with "direct". Rows with
"differs" say why we differ, and "ours" what we do.
"""

import json
import os
import sys

from botocore.utils import should_bypass_proxies

for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    os.environ["no_proxy"] = row["list"]
    row["direct"] = should_bypass_proxies(row["url"])
    print(json.dumps(row, ensure_ascii=False, sort_keys=True))
